// The last pictures: a strip of small ones, one large with its rating, and what can be undone.

import { send } from "/stream.js";

const $ = (id) => document.getElementById(id);

export class Shots {
  // say: shows a line; may: whether this is the host
  constructor(say, may) {
    this.say = say;
    this.may = may;
    this.shots = [];
    this.deleted = 0;
    this.open = null;
    $("undo").onclick = () => this.undo();
    $("close").onclick = () => $("viewer").close();
    $("newer").onclick = () => this.step(-1);
    $("older").onclick = () => this.step(1);
    $("delete").onclick = () => this.remove();
    $("viewer").onclick = (event) => event.target === $("viewer") && $("viewer").close();
    $("viewer").onclose = () => (this.open = null);
    for (const star of $("stars").children) star.onclick = () => this.rate(Number(star.dataset.rating));
  }

  async load() {
    try {
      const { shots, deleted } = await send("GET", "/api/shots");
      this.shots = shots;
      this.deleted = deleted;
    } catch (error) {
      this.say(error.message);
    }
    this.draw();
  }

  // Take in an event of the server's.
  apply(event) {
    const others = this.shots.filter((shot) => shot.name !== event.name);
    if (event.event === "shot") {
      this.shots = [event, ...others].slice(0, 60);
    } else if (event.event === "deleted") {
      this.shots = others;
      this.deleted += 1;
    } else if (event.event === "restored") {
      this.load();
      return;
    } else {
      this.shots = this.shots.map((shot) => (shot.name === event.name ? { ...shot, ...event } : shot));
    }
    this.draw();
  }

  // The picture that is open, else the newest.
  get current() {
    return this.shots.find((shot) => shot.name === this.open) || this.shots[0] || null;
  }

  async rate(rating) {
    const shot = this.current;
    if (!shot) return this.say("No picture yet");
    await this.ask("POST", `/api/shots/${encodeURIComponent(shot.name)}/rating`, { rating });
  }

  async remove() {
    const shot = this.current;
    if (!shot) return this.say("No picture yet");
    const place = this.shots.indexOf(shot);
    if (await this.ask("DELETE", `/api/shots/${encodeURIComponent(shot.name)}`)) {
      const next = this.open && (this.shots[place + 1] || this.shots[place - 1]);
      if (next && next !== shot) this.show(next);
      else $("viewer").close();
    }
  }

  async undo() {
    await this.ask("POST", "/api/undo");
  }

  async ask(method, path, body) {
    if (!this.may()) {
      this.say("This is for the host");
      return false;
    }
    try {
      await send(method, path, body);
      return true;
    } catch (error) {
      this.say(error.message);
      return false;
    }
  }

  show(shot) {
    this.open = shot.name;
    this.drawLarge();
    if (!$("viewer").open) $("viewer").showModal();
  }

  step(by) {
    const next = this.shots[this.shots.findIndex((shot) => shot.name === this.open) + by];
    if (next) this.show(next);
  }

  draw() {
    const here = new Map([...$("shots").children].map((item) => [item.dataset.name, item]));
    $("shots").replaceChildren(...this.shots.map((shot) => this.item(shot, here.get(shot.name))));
    $("no-shots").hidden = this.shots.length > 0;
    $("shots-count").textContent = this.shots.length || "";
    $("undo").hidden = !this.deleted || !this.may();
    if (this.open) {
      if (this.shots.some((shot) => shot.name === this.open)) this.drawLarge();
      else $("viewer").close();
    }
  }

  item(shot, before) {
    const item = before || document.createElement("button");
    if (!before) {
      item.type = "button";
      item.dataset.name = shot.name;
      const image = new Image();
      image.src = shot.thumbnail;
      image.alt = "";
      image.loading = "lazy";
      item.append(image, document.createElement("span"));
    }
    item.onclick = () => this.show(shot);
    item.lastChild.textContent = shot.rating ? "★".repeat(shot.rating) : shot.score ? shot.score.toFixed(1) : "";
    item.className = shot.rating ? "rated" : "";
    item.setAttribute("aria-label", `Picture ${shot.name}, ${aboutOf(shot)}`);
    return item;
  }

  drawLarge() {
    const shot = this.current;
    const place = this.shots.indexOf(shot);
    if ($("large").dataset.name !== shot.name) {
      $("large").src = shot.thumbnail; // at once, and the large one when it is there
      $("large").dataset.name = shot.name;
      const whole = new Image();
      whole.onload = () => this.open === shot.name && ($("large").src = whole.src);
      whole.src = shot.url;
    }
    $("large").alt = shot.name;
    $("save").href = shot.url;
    $("save").download = shot.name;
    $("about").textContent = aboutOf(shot);
    $("newer").disabled = place <= 0;
    $("older").disabled = place >= this.shots.length - 1;
    for (const star of $("stars").children) {
      star.classList.toggle("on", shot.rating >= Number(star.dataset.rating));
    }
  }
}

function aboutOf(shot) {
  const score = shot.score ? `score ${shot.score.toFixed(1)}` : "no score";
  const rated = shot.rating ? `, rated ${shot.rating} of 5` : "";
  return `${score}${shot.by_hand ? ", by hand" : ""}${rated}`;
}
