"""What is written and said: report, contact sheet, page, pictures, marks and transfers."""
