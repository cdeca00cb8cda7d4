// Papers over a slow line: files go in pieces and go on where they broke off. Without this the form sends them whole.
// What it says stands in the data of its own script element (uploads_script.html), %s for a file's name or a number.
// data-uploads="…": a form whose files are begun at that address. data-most="…": the largest file in bytes, told before.
(() => {
  "use strict";
  const said = document.currentScript.dataset;
  const fill = (words, value) => words.replace("%s", () => value);
  const LEAST = 16384, MOST = 262144, LARGE = 3e6, SIDE = 4000, PATIENCE = 120000;
  const queue = [];
  let piece = 65536, busy = 0, waiting;
  const form = document.querySelector("form[data-uploads]");
  const pause = (ms) => new Promise((go) => { setTimeout(go, ms); addEventListener("online", go, { once: true }); });
  const make = (tag, words, className) => Object.assign(document.createElement(tag), { textContent: words ?? "", className: className ?? "" });
  const status = make("p", "", "visually-hidden");
  status.setAttribute("role", "status");
  const notice = make("p", said.finishing, "notice waiting");
  const listOf = (input) => {
    let list = input.parentNode.querySelector("[data-on-the-way]");
    if (!list) list = make("ul", "", "list-plain"), list.dataset.onTheWay = "", input.before(list);
    return list;
  };
  const show = (input, file) => {
    const one = { file, input, item: make("li"), words: make("span", said.waiting, "muted small"), buttons: make("span") };
    one.item.append(make("span", file.name + " "), one.words, " ", one.buttons);
    listOf(input).append(one.item);
    return one;
  };
  const say = (one, words, aloud = words) => { one.words.textContent = words; if (aloud) status.textContent = `${one.file.name}: ${aloud}`; };
  const leave = (one, words) => {
    if (one.item.contains(document.activeElement)) one.input.focus();
    one.item.remove();
    status.textContent = `${one.file.name}: ${words}`;
  };
  // What was missing or wrong is there now: nothing says otherwise any more.
  const settle = (input) => {
    input.removeAttribute("aria-invalid");
    input.parentNode.classList.remove("wrong");
    input.parentNode.querySelector(":scope > .error")?.remove();
    for (const link of document.querySelectorAll(`.summary a[href="#${input.id}"]`)) link.closest("li").remove();
    for (const summary of document.querySelectorAll(".summary")) if (!summary.querySelector("li")) summary.remove();
  };
  const end = (one, words) => { one.bar?.remove(); one.buttons.replaceChildren(); one.words.className = "error"; say(one, words); };

  const refusal = (input, file) => {
    const most = Number(input.dataset.most), kinds = input.accept.split(",");
    if (!file.size) return said.empty;
    if (!kinds.some((kind) => file.name.toLowerCase().endsWith(kind))) return said.otherKind;
    if (file.size > most) return fill(said.tooLarge, Math.floor(most / 1048576));
  };
  // Some browsers give other colors back than were drawn, so that nobody is recognized by them.
  const drawsTrue = () => {
    const pen = make("canvas").getContext("2d");
    pen.fillStyle = "rgb(18 52 86)";
    pen.fillRect(0, 0, 9, 9);
    const given = pen.getImageData(4, 4, 1, 1).data;
    return [18, 52, 86].every((color, place) => Math.abs(color - given[place]) < 4);
  };
  // A large photograph is drawn smaller before it goes, as it would be at its goal.
  const smaller = async (file) => {
    if (file.size <= LARGE || !/\.(jpe?g|jfif)$/i.test(file.name)) return file;
    try {
      if (!drawsTrue()) return file;
      const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
      const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
      const canvas = Object.assign(document.createElement("canvas"), { width: picture.width * scale, height: picture.height * scale });
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      const drawn = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.88));
      return drawn && drawn.size < file.size ? new File([drawn], file.name, { type: drawn.type }) : file;
    } catch { return file; }
  };

  const ask = async (one, address, method, body, headers) => {
    one.stop = new AbortController();
    const late = setTimeout(() => one.stop.abort(), PATIENCE);
    try {
      const answer = await fetch(address, { method, body, redirect: "manual", signal: one.stop.signal,
        headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value, "Tus-Resumable": "1.0.0", ...headers } });
      if (answer.type === "opaqueredirect" || answer.status === 403) return { refused: said.ended };
      if ([413, 422].includes(answer.status)) return { refused: await answer.text() || said.refused };
      if (![200, 201, 204, 404, 409, 460].includes(answer.status)) throw new Error("", { cause: said.busy });
      const at = answer.headers.get("Upload-Offset");
      return { status: answer.status, at: at === null ? null : Number(at), length: Number(answer.headers.get("Upload-Length")), address: answer.headers.get("Location") };
    } finally { clearTimeout(late); }
  };
  const digest = async (blob) => crypto.subtle ? [...new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()))].map((n) => n.toString(16).padStart(2, "0")).join("") : "";

  // One step on the way: what to ask next. Says true when the file is there.
  const step = async (one) => {
    const { file } = one;
    if (!one.address) {
      const answer = await ask(one, form.dataset.uploads, "POST", new URLSearchParams({ line: one.input.name, name: file.name, size: file.size }));
      Object.assign(one, answer);
      if (!one.address) one.refused ??= said.closed;
      one.isUnsure = answer.at > 0;
      return;
    }
    if (one.at === null) {
      const answer = await ask(one, one.address, "HEAD");
      if (answer.status === 404) one.address = null;
      else one.refused = answer.refused, one.at = answer.at === answer.length ? file.size : answer.at, one.isUnsure = one.at > 0;
      return;
    }
    const end = Math.min(one.at + piece, file.size), began = Date.now();
    const headers = { "Content-Type": "application/offset+octet-stream", "Upload-Offset": one.at };
    // Another file of the same name and size does not go on where this one broke off.
    if (one.isUnsure) headers["Upload-Beginning"] = await digest(file.slice(0, one.at));
    const answer = await ask(one, one.address, "PATCH", file.slice(one.at, end), headers);
    if (answer.refused) return void (one.refused = answer.refused);
    if (answer.status === 460) await ask(one, `${one.address}bo/`, "POST"), one.address = null;
    else if (answer.status === 404) one.address = null;
    else one.at = answer.at;
    one.isUnsure = answer.status === 409 && one.at > 0;
    const took = Date.now() - began;
    piece = took > 10000 ? Math.max(LEAST, piece / 2) : took < 3000 ? Math.min(MOST, piece * 2) : piece;
    return answer.status === 204 && end === file.size;
  };
  const give = async (one) => {
    const hold = make("button", said.hold, "button quiet"), cancel = make("button", said.cancel, "button quiet");
    hold.type = cancel.type = "button";
    hold.setAttribute("aria-label", fill(said.holdFile, one.file.name));
    cancel.setAttribute("aria-label", fill(said.cancelFile, one.file.name));
    one.bar = make("progress");
    one.bar.max = one.file.size;
    one.bar.setAttribute("aria-label", fill(said.progress, one.file.name));
    one.words.before(one.bar, " ");
    one.buttons.replaceChildren(hold, " ", cancel);
    hold.onclick = () => {
      one.held = !one.held;
      hold.textContent = one.held ? said.goOn : said.hold;
      hold.setAttribute("aria-label", fill(one.held ? said.goOnFile : said.holdFile, one.file.name));
      if (one.held) one.stop?.abort(), say(one, said.held); else one.goOn?.();
    };
    cancel.onclick = () => { one.cancelled = true; one.stop?.abort(); one.goOn?.(); };
    let wait = 1000;
    say(one, said.uploading);
    for (;;) {
      if (one.cancelled) break;
      if (one.held) { await new Promise((go) => { one.goOn = go; }); wait = 1000; say(one, said.uploading); continue; }
      try {
        const done = await step(one);
        if (one.refused) return end(one, one.refused);
        if (done && form.elements.given) form.elements.given.value = "1";
        if (done) return settle(one.input), leave(one, said.done);
        one.bar.value = one.at ?? 0;
        say(one, fill(said.percent, Math.floor(100 * (one.at ?? 0) / one.file.size)), wait > 1000 ? said.back : "");
        wait = 1000;
      } catch (error) {
        if (one.held || one.cancelled) { one.at = null; continue; }
        say(one, fill(said.again, error.cause ?? said.lost), wait > 1000 ? "" : undefined);
        one.at = null;
        piece = Math.max(LEAST, piece / 2);
        await Promise.race([pause(wait), new Promise((go) => { one.goOn = go; })]);
        wait = Math.min(wait * 2, 60000);
      }
    }
    if (one.address) await ask(one, `${one.address}bo/`, "POST").catch(() => {});
    leave(one, said.cancelled);
  };
  // What is there now takes its place on the page; nothing else that was typed or chosen is touched.
  const look = async () => {
    const text = await fetch(location.href, { redirect: "error" }).then((answer) => answer.text()).catch(() => "");
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const part of document.querySelectorAll("[data-files]")) {
      const fresh = page.getElementById(part.id);
      if (fresh) part.replaceWith(document.adoptNode(fresh));
    }
    for (const part of queue) hideUnfinished(part);
  };
  const hideUnfinished = ({ file }) => {
    for (const old of document.querySelectorAll("[data-unfinished]")) if (old.dataset.unfinished === file.name && Number(old.dataset.size) === file.size) old.remove();
  };
  const work = async () => {
    if (busy) return;
    busy = 1;
    while (queue.length) {
      const [one] = queue;
      say(one, said.preparing, "");
      const chosen = one.file;
      one.file = await smaller(chosen);
      const refused = refusal(one.input, one.file);
      if (refused) end(one, refused);
      else hideUnfinished(one), await give(one);
      queue.shift();
      await look();
    }
    busy = 0;
    const failed = form.querySelector("[data-on-the-way] .error");
    if (waiting && !failed) waiting.click(); else if (waiting && failed) failed.scrollIntoView({ block: "center" });
    waiting = null;
    notice.remove();
  };

  const check = ({ target }) => {
    if (!target.matches("input[type=file][data-most]")) return;
    for (const old of target.parentNode.querySelectorAll("[data-on-the-way] .error")) old.closest("li").remove();
    const files = [...target.files];
    target.value = "";
    for (const file of files) queue.push(show(target, file));
    work();
  };
  document.addEventListener("change", check);
  document.body.append(status);
  form?.addEventListener("submit", (event) => {
    if (!busy) return;
    event.preventDefault();
    waiting = event.submitter;
    waiting?.closest(".actions").before(notice);
    status.textContent = said.finishing;
  });
})();
