// What is drawn over the picture, and the line of the last seconds: the same as in livecam's window.

const ACCENT = "#58dea8";
const ATTENTION = "#ffbe5c";
const WHITE = "#ffffff";
const MUTED = "rgba(255,255,255,.62)";
const HISTORY_MS = 6000;
const GAP_MS = 1000;

// Where a picture of this shape lies in a room, in CSS pixels: as large as fits, in the middle.
export function fit(room, width, height) {
  const scale = Math.min(room.width / width, room.height / height);
  const [w, h] = [width * scale, height * scale];
  return { x: (room.width - w) / 2, y: (room.height - h) / 2, width: w, height: h };
}

// Make a canvas as sharp as the screen; gives its context, in CSS pixels.
export function sharp(canvas) {
  const room = canvas.getBoundingClientRect();
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const [width, height] = [Math.round(room.width * ratio), Math.round(room.height * ratio)];
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, room.width, room.height);
  return [context, room];
}

export function drawFaces(canvas, state, shape, mirrored) {
  const [context, room] = sharp(canvas);
  if (!state || !shape.width) return;
  const at = fit(room, shape.width, shape.height);
  const group = state.faces.filter((face) => face.counted).length > 1;
  for (const face of state.faces) {
    let [x0, y0, x1, y1] = face.box;
    if (mirrored) [x0, x1] = [1 - x1, 1 - x0];
    const margin = 0.1 * Math.max((x1 - x0) * at.width, (y1 - y0) * at.height);
    const box = {
      x: at.x + x0 * at.width - margin,
      y: at.y + y0 * at.height - margin,
      width: (x1 - x0) * at.width + 2 * margin,
      height: (y1 - y0) * at.height + 2 * margin,
    };
    const armed = state.trigger === "armed";
    context.strokeStyle = !face.counted ? MUTED : face.held_back ? ATTENTION : armed || face.waits ? ACCENT : WHITE;
    context.lineWidth = !face.counted ? 1.5 : face.waits ? 4 : 3;
    corners(context, box);
    if (group && face.counted && face.words) label(context, face.words, box, room);
  }
}

function corners(context, box) {
  const shorter = Math.min(box.width, box.height);
  const r = Math.min(20, shorter / 4);
  const arm = r + Math.min(24, shorter / 5);
  const [l, t, right, b] = [box.x, box.y, box.x + box.width, box.y + box.height];
  context.lineCap = "round";
  context.shadowColor = "rgba(0,0,0,.45)";
  context.shadowBlur = 4;
  context.beginPath();
  for (const [x, y, dx, dy] of [[l, t, 1, 1], [right, t, -1, 1], [right, b, -1, -1], [l, b, 1, -1]]) {
    context.moveTo(x, y + dy * arm);
    context.arcTo(x, y, x + dx * arm, y, r);
    context.lineTo(x + dx * arm, y);
  }
  context.stroke();
  context.shadowBlur = 0;
}

function label(context, words, box, room) {
  context.font = "500 15px system-ui, sans-serif";
  const width = context.measureText(words).width + 24;
  const x = Math.min(Math.max(box.x + (box.width - width) / 2, 4), room.width - width - 4);
  const y = Math.min(box.y + box.height + 8, room.height - 34);
  context.fillStyle = "rgba(12,14,18,.72)";
  context.beginPath();
  if (context.roundRect) context.roundRect(x, y, width, 30, 15);
  else context.rect(x, y, width, 30);
  context.fill();
  context.fillStyle = ATTENTION;
  context.textBaseline = "middle";
  context.fillText(words, x + 12, y + 16);
}

export class Meter {
  constructor(canvas) {
    this.canvas = canvas;
    this.points = [];
  }

  add(state) {
    if (state.t_ms === null) return;
    const last = this.points.at ? this.points.at(-1) : this.points[this.points.length - 1];
    if (last && state.t_ms < last[0]) this.points = [];
    if (last && state.t_ms === last[0]) return;
    this.points.push([state.t_ms, state.score]);
    this.points = this.points.filter(([t]) => t >= state.t_ms - HISTORY_MS);
  }

  draw(state) {
    const [context, room] = sharp(this.canvas);
    if (!state || state.t_ms === null) return;
    const axis = 34;
    const at = (t, score) => [
      axis + (room.width - axis - 6) * (1 - (state.t_ms - t) / HISTORY_MS),
      room.height - 3 - ((score - 1) / 4) * (room.height - 8),
    ];
    for (const run of this.runs()) {
      const path = run.map(([t, score]) => at(t, score));
      context.beginPath();
      path.forEach(([x, y]) => context.lineTo(x, y));
      context.strokeStyle = WHITE;
      context.lineWidth = 2.2;
      context.lineJoin = "round";
      context.stroke();
      context.lineTo(path[path.length - 1][0], room.height - 3);
      context.lineTo(path[0][0], room.height - 3);
      context.fillStyle = "rgba(255,255,255,.14)";
      context.fill();
    }
    if (state.threshold !== null) {
      const y = at(0, Math.min(Math.max(state.threshold, 1), 5))[1];
      context.strokeStyle = context.fillStyle = state.auto ? MUTED : "rgba(255,255,255,.3)";
      context.lineWidth = 1.5;
      context.setLineDash([5, 5]);
      context.beginPath();
      context.moveTo(axis, y);
      context.lineTo(room.width - 6, y);
      context.stroke();
      context.setLineDash([]);
      context.font = "500 13px system-ui, sans-serif";
      context.textBaseline = "middle";
      context.fillText(state.threshold.toFixed(1), 4, Math.min(Math.max(y, 8), room.height - 8));
    }
    if (state.score !== null) {
      const [x, y] = at(state.t_ms, state.score);
      context.fillStyle = state.threshold !== null && state.score >= state.threshold ? ACCENT : WHITE;
      context.beginPath();
      context.arc(x, y, 4.5, 0, 2 * Math.PI);
      context.fill();
    }
  }

  // The line does not bridge a time from which there is no score.
  runs() {
    const runs = [[]];
    for (const [t, score] of this.points) {
      const run = runs[runs.length - 1];
      const broken = score === null || (run.length && t - run[run.length - 1][0] > GAP_MS);
      if (broken) runs.push([]);
      if (score !== null) runs[runs.length - 1].push([t, score]);
    }
    return runs.filter((run) => run.length > 1);
  }
}
