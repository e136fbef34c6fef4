// The connection: pictures, states and events by WebSocket; without one MJPEG, server-sent events and questions.

const MOST_WAIT_MS = 5000;
const ASK_MS = 250;
// The server says something four times a second. After so long without a word what is shown is no longer what is; and
// then the network is gone, of which a browser knows nothing for minutes. The server lets go of a slow one after 15 s.
const QUIET_MS = 3000;
const GONE_MS = 20000;

export class Stream {
  // show: {picture(source, width, height), plain(url or null), state(state), event(event), connected(yes)}
  constructor(show) {
    this.show = show;
    this.failures = 0;
    this.ever = false;
    this.socket = null;
    this.timer = 0;
    this.fallback = null;
    this.heard = 0; // when the server last said anything
    this.quiet = false;
    setInterval(() => this.look(), 1000);
    document.addEventListener("visibilitychange", () => (document.hidden ? this.rest() : this.open()));
    window.addEventListener("online", () => this.open());
  }

  open() {
    if (document.hidden || this.socket || this.fallback) return;
    clearTimeout(this.timer);
    if (!("WebSocket" in window) || (!this.ever && this.failures >= 3)) {
      this.fallback = new Plain(this.show);
      return;
    }
    const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live`;
    const socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.drawn = { socket, number: 0 }; // the newest picture
    socket.onopen = () => {
      this.failures = 0;
      this.ever = true;
      this.heard = Date.now();
      this.quiet = false;
      this.show.connected(true);
    };
    socket.onmessage = (message) => this.take(socket, message.data);
    socket.onclose = (event) => this.lost(socket, event.reason);
  }

  lost(socket, why) {
    if (this.socket !== socket) return;
    this.socket = null;
    this.failures += 1;
    this.show.connected(false, why);
    this.timer = setTimeout(() => this.open(), Math.min(MOST_WAIT_MS, 300 * 2 ** this.failures));
  }

  // Notice a connection on which nothing comes.
  look() {
    const socket = this.socket;
    if (!socket || socket.readyState !== WebSocket.OPEN) return;
    const silent = Date.now() - this.heard;
    if (silent > GONE_MS) {
      socket.close(); // waits for an answer, which we do not
      this.lost(socket, "");
    } else if (silent > QUIET_MS && !this.quiet) {
      this.quiet = true;
      this.show.connected(false, "no answer…");
    }
  }

  // After logging in or out the server must look at the cookie anew.
  again() {
    this.rest();
    this.open();
  }

  rest() {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    if (socket) socket.close();
    if (this.fallback) this.fallback.close();
    this.fallback = null;
  }

  take(socket, data) {
    if (this.socket === socket) {
      this.heard = Date.now();
      if (this.quiet) this.show.connected(true);
      this.quiet = false;
    }
    if (typeof data === "string") {
      const said = JSON.parse(data);
      if (said.state) this.show.state(said.state);
      else this.show.event(said);
      return;
    }
    const number = new DataView(data).getUint32(0);
    const shown = () => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ shown: number }));
    };
    decode(new Blob([new Uint8Array(data, 4)], { type: "image/jpeg" })).then((image) => {
      // Two are decoded at a time: the later one may be ready first, and what came before a new connection late.
      if (this.drawn.socket === socket && number > this.drawn.number) {
        this.drawn.number = number;
        this.show.picture(image, image.width, image.height);
      }
      if (image.close) image.close();
      shown();
    }, shown);
  }
}

function decode(blob) {
  if ("createImageBitmap" in window) return createImageBitmap(blob);
  return new Promise((resolve, reject) => {
    const image = new Image();
    const url = URL.createObjectURL(blob);
    image.onload = () => {
      URL.revokeObjectURL(url);
      resolve(image);
    };
    image.onerror = () => {
      URL.revokeObjectURL(url);
      reject(new Error("no picture"));
    };
    image.src = url;
  });
}

class Plain {
  constructor(show) {
    this.show = show;
    show.plain(`/live.mjpeg?${Date.now()}`);
    this.asking = setInterval(() => this.ask(), ASK_MS);
    if ("EventSource" in window) {
      this.events = new EventSource("/api/events");
      for (const kind of ["shot", "rated", "deleted", "restored", "failed"]) {
        this.events.addEventListener(kind, (event) => show.event(JSON.parse(event.data)));
      }
    }
  }

  async ask() {
    try {
      const answer = await fetch("/api/state");
      if (!answer.ok) throw new Error(answer.statusText);
      this.show.state(await answer.json());
      this.show.connected(true);
    } catch {
      this.show.connected(false);
    }
  }

  close() {
    clearInterval(this.asking);
    if (this.events) this.events.close();
    this.show.plain(null);
  }
}

// Ask the server for something; gives what it answers, or throws an Error with its words.
export async function send(method, path, body) {
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["content-type"] = "application/json";
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("the camera does not answer");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw Object.assign(new Error(answer.error || response.statusText), { status: response.status });
  return answer;
}
