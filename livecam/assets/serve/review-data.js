// What the server knows, and what is said of each photo: the same for every browser that looks.

export const photos = new Map();  // by id
export let groups = [];
export const status = { done: false, looked: 0, total: 0, undoable: false, connected: true };
let said = {};
let number = 0;
let changed = () => {};
let version = 0;

const NOTHING = { flag: null, stars: 0, forgiven: false };
const CLOSED = /(^|: )(eyes|left eye|right eye) closed$/;

export const wordOf = (photo) => said[photo.id] ?? NOTHING;
export const flagOf = (photo) => wordOf(photo).flag ?? photo.flag;
export const starsOf = (photo) => wordOf(photo).stars;
export const isForgiven = (photo) => Boolean(photo.eyes) && wordOf(photo).forgiven;
export const scoreOf = (photo) => isForgiven(photo) ? photo.open ?? photo.score : photo.score;
export const pointsOf = (photo) => photo.score === null ? "no face" : scoreOf(photo).toFixed(1);
export const eyesOf = (photo) => isForgiven(photo) ? `${photo.eyes}, on purpose` : photo.eyes;
export const whyOf = (photo) => photo.why.filter((why) =>
  !(why === "no face" && photo.score === null) && !(CLOSED.test(why) && photo.eyes));
export const many = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
export const url = (photo, size) => `/photos/${photo.id}/${size}`;
export const faceUrl = (photo, face) => `/photos/${photo.id}/faces/${face.number}`;

export const FILTERS = {
  all: () => true,
  kept: (photo) => flagOf(photo) === "keep",
  doubtful: (photo) => photo.doubtful && wordOf(photo).flag === null,
  closed: (photo) => Boolean(photo.eyes) && !isForgiven(photo),
  soft: (photo) => photo.soft,
};

export function describe(photo) {
  const parts = [photo.name];
  if (photo.group.photos.length > 1) parts.push(`frame ${photo.frame}, rank ${photo.rank} of ${photo.group.photos.length}`);
  parts.push(photo.score === null ? "no face" : `score ${pointsOf(photo)} of 5`, ...whyOf(photo));
  if (photo.eyes) parts.push(eyesOf(photo));
  if (flagOf(photo) === "keep") parts.push("keeper");
  if (flagOf(photo) === "reject") parts.push("rejected");
  if (starsOf(photo)) parts.push(many(starsOf(photo), "star"));
  return parts.join(", ");
}

export class Refused extends Error {
  constructor(code, message) { super(message); this.code = code; }
}

export async function ask(method, path, body) {
  const options = body === undefined ? { method } : { method, body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Refused(0, "livecam does not answer: was it ended?");
  }
  const about = response.headers.get("content-type")?.startsWith("application/json") ? await response.json() : {};
  if (!response.ok) throw new Refused(response.status, about.error ?? response.statusText);
  return about;
}

function takeIn(content) {
  version = content.version;
  Object.assign(status, { done: content.done, looked: content.looked, total: content.total });
  photos.clear();
  groups = content.groups;
  for (const group of groups) for (const photo of group.photos) {
    photo.group = group;
    photos.set(photo.id, photo);
  }
}

export async function refreshGroups() {
  takeIn(await ask("GET", "/api/review"));
  changed({ groups: true });
}

export async function refreshWords() {
  const all = await ask("GET", "/api/said");
  ({ said, number } = all);
  status.undoable = all.undoable;
  changed({ words: true });
}

const pending = new Map();  // by id: what was said here and is not yet answered
const latest = new Map();   // by id: the number of the last change

function hear(change) {
  if (change.number > number + 1) { refreshWords().catch(() => {}); return; }
  number = Math.max(number, change.number);
  if (change.number < (latest.get(change.id) ?? 0)) return;
  latest.set(change.id, change.number);
  if (pending.get(change.id)) return;  // who types fast has said more by now
  said[change.id] = change.word;
  status.undoable = true;
  if (change.undone) refreshWords().catch(() => {});
  else changed({ photo: photos.get(change.id) });
}

// Sayings go out one after the other, so that the order of keys is the order of changes.
let sending = Promise.resolve();
function inTurn(act) {
  const done = sending.then(act);
  sending = done.catch(() => {});
  return done;
}

export async function say(photo, what) {
  said[photo.id] = { ...wordOf(photo), ...what };  // seen at once; put right if it was refused
  changed({ photo });
  pending.set(photo.id, (pending.get(photo.id) ?? 0) + 1);
  const answered = () => pending.set(photo.id, pending.get(photo.id) - 1);
  try {
    hear(await inTurn(() => ask("POST", `/api/photos/${photo.id}`, what)).finally(answered));
  } catch (error) {
    await refreshWords().catch(() => {});
    throw error;
  }
}

export async function undo() {
  const change = await inTurn(() => ask("POST", "/api/undo"));
  await refreshWords();
  return photos.get(change.id);
}

export async function begin(onChange) {
  changed = onChange;
  await Promise.all([refreshWords(), refreshGroups()]);
  const events = new EventSource("/api/events");
  let opened = false;
  events.addEventListener("open", () => {
    status.connected = true;
    if (opened) Promise.all([refreshWords(), refreshGroups()]).catch(() => {});
    opened = true;
    changed({});
  });
  events.addEventListener("error", () => { status.connected = false; changed({}); });
  events.addEventListener("said", (event) => hear(JSON.parse(event.data)));
  let fetching = false, again = false;
  events.addEventListener("groups", async (event) => {
    if (JSON.parse(event.data).version <= version) return;
    if (fetching) { again = true; return; }
    fetching = true;
    do {
      again = false;
      await refreshGroups().catch(() => {});
    } while (again);
    fetching = false;
  });
  // What changed between the first look and the first event.
  await refreshGroups();
}
