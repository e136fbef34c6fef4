"""In the browser: the live view and its remote. One server, whose guards a review of photos can share.

Starlette and uvicorn are loaded when somebody asks for a server, and never before.
"""
