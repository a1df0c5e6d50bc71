// The model that one can turn: spheres sorted by depth on a plain canvas, frames by a slider, T(t) beside it.
(() => {
  const data = JSON.parse(document.getElementById("turned").textContent);
  const bytes = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  const frames = data.frames.map(text => new Int16Array(bytes(text).buffer));
  const species = bytes(data.species), domain = bytes(data.domain), count = species.length;
  const canvas = document.getElementById("canvas"), pen = canvas.getContext("2d");
  const slider = document.getElementById("frame"), choice = document.getElementById("colour");
  const caption = document.getElementById("when"), legend = document.getElementById("legend");
  slider.max = frames.length - 1;
  const structure = data.structure.map(bytes);
  document.getElementById("frames").hidden = frames.length < 2;
  for (const [name, missing] of [["moved", frames.length < 2], ["structure", !structure.length]])
    if (missing) choice.querySelector(`option[value=${name}]`).remove();
  let yaw = 0.4, pitch = -0.25, zoom = 1, now = 0;
  const depth = new Float32Array(count), order = new Uint32Array(count), px = new Float32Array(count), py = new Float32Array(count);
  const sprites = {};
  function sprite(colour) {
    if (sprites[colour]) return sprites[colour];
    const ball = document.createElement("canvas");
    ball.width = ball.height = 64;
    const p = ball.getContext("2d"), shade = p.createRadialGradient(24, 22, 2, 32, 32, 31);
    shade.addColorStop(0, "#ffffff"); shade.addColorStop(0.25, colour); shade.addColorStop(0.9, colour); shade.addColorStop(1, "#00000066");
    p.fillStyle = shade; p.beginPath(); p.arc(32, 32, 31, 0, 7); p.fill();
    return sprites[colour] = ball;
  }
  const ramp = share => `hsl(${Math.round(240 - 190 * share)} 80% ${Math.round(40 + 25 * share)}%)`;
  function colourOf(i) {
    if (choice.value === "element") return data.elements[species[i]][1];
    if (choice.value === "domain") return data.domains[domain[i]][1];
    if (choice.value === "structure") return data.structures[structure[now][i]][1];
    const a = frames[0], b = frames[now], k = 3 * i;
    const moved = Math.hypot(b[k] - a[k], b[k + 1] - a[k + 1], b[k + 2] - a[k + 2]) / 30000 * data.half_A;
    return ramp(Math.round(Math.min(moved / 4, 1) * 8) / 8);
  }
  function key() {
    const shown = choice.value === "element" ? data.elements : choice.value === "domain" ? data.domains
      : choice.value === "structure" ? data.structures : [0, 1, 2, 3, 4].map(n => [n < 4 ? `${n} Å` : "4 Å and more", ramp(n / 4)]);
    legend.replaceChildren(...shown.map(([name, colour]) => {
      const item = document.createElement("span"), spot = document.createElement("i");
      spot.style.background = colour; item.append(spot, name); return item;
    }));
  }
  function draw() {
    const wide = canvas.clientWidth, ratio = window.devicePixelRatio || 1;
    canvas.width = wide * ratio; canvas.height = canvas.clientHeight * ratio;
    const size = Math.min(canvas.width, canvas.height) / 2 * zoom / 30000, x0 = canvas.width / 2, y0 = canvas.height / 2;
    const frame = frames[now], up = data.up, right = (up + 1) % 3, away = (up + 2) % 3;
    const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
    let n = 0;
    for (let i = 0; i < count; i++) {
      if (frame[3 * i] === -32768) continue;
      const x = frame[3 * i + right], y = frame[3 * i + up], z = frame[3 * i + away];
      const u = cy * x + sy * z, w = -sy * x + cy * z;
      px[i] = x0 + size * u; py[i] = y0 - size * (cp * y - sp * w); depth[i] = sp * y + cp * w; order[n++] = i;
    }
    pen.fillStyle = "#101214"; pen.fillRect(0, 0, canvas.width, canvas.height);
    for (const i of order.subarray(0, n).sort((a, b) => depth[a] - depth[b])) {
      const r = data.elements[species[i]][2] * 0.95 / data.half_A * 30000 * size;
      pen.drawImage(sprite(colourOf(i)), px[i] - r, py[i] - r, 2 * r, 2 * r);
    }
    const nm = 10 / data.half_A * 30000 * size;
    pen.fillStyle = "#fff"; pen.fillRect(16 * ratio, canvas.height - 22 * ratio, nm, 4 * ratio);
    pen.font = `${13 * ratio}px sans-serif`; pen.fillText("1 nm", 16 * ratio, canvas.height - 28 * ratio);
    const t = data.temperatures[now];
    caption.textContent = (frames.length < 2 ? `${count} atoms` : `${t === null ? "" : t + " °C, "}${data.times[now]} ${data.unit}`) + (data.every > 1 ? `; every ${data.every}th atom` : "");
    if (mark) { const at = mark.dataset.scale * Number(data.times[now]) + Number(mark.dataset.shift); mark.setAttribute("x1", at); mark.setAttribute("x2", at); }
  }
  const svg = document.getElementById("heating");
  let mark = null;
  if (data.curve.length > 1) {
    const [W, H, L, B] = [300, 190, 40, 26], xs = data.curve.map(p => p[0]), ys = data.curve.map(p => p[1]);
    const [x1, x2, y1, y2] = [xs[0], xs[xs.length - 1], Math.min(...ys), Math.max(...ys)];
    const X = x => L + (W - L - 8) * (x - x1) / (x2 - x1 || 1), Y = y => H - B - (H - B - 12) * (y - y1) / (y2 - y1 || 1);
    const make = (name, given, text) => { const one = document.createElementNS(svg.namespaceURI, name); for (const k in given) one.setAttribute(k, given[k]); if (text) one.textContent = text; svg.append(one); return one; };
    make("polyline", { points: data.curve.map(p => `${X(p[0])},${Y(p[1])}`).join(" "), fill: "none", stroke: "#8a9199", "stroke-width": 1.2 });
    mark = make("line", { y1: 8, y2: H - B, stroke: "#c8672b", "stroke-width": 2 });
    mark.dataset.scale = (W - L - 8) / (x2 - x1 || 1); mark.dataset.shift = L - (W - L - 8) * x1 / (x2 - x1 || 1);
    for (const y of [y1, (y1 + y2) / 2, y2]) make("text", { x: L - 4, y: Y(y) + 4, "text-anchor": "end", "font-size": 11, fill: "currentColor" }, Math.round(y));
    make("text", { x: W / 2, y: H - 6, "text-anchor": "middle", "font-size": 11, fill: "currentColor" }, `T (°C) against time, ${x2.toPrecision(3)} ${data.unit}`);
  } else svg.remove();
  let from = null;
  canvas.addEventListener("pointerdown", event => { from = [event.clientX, event.clientY]; canvas.setPointerCapture(event.pointerId); });
  canvas.addEventListener("pointermove", event => {
    if (!from) return;
    yaw += (event.clientX - from[0]) / 150; pitch += (event.clientY - from[1]) / 150; from = [event.clientX, event.clientY]; draw();
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { from = null; });
  canvas.addEventListener("keydown", event => {
    const step = { ArrowLeft: () => yaw -= 0.1, ArrowRight: () => yaw += 0.1, ArrowUp: () => pitch -= 0.1, ArrowDown: () => pitch += 0.1, "+": () => zoom *= 1.15, "-": () => zoom /= 1.15 }[event.key];
    if (step) { step(); draw(); event.preventDefault(); }
  });
  canvas.addEventListener("wheel", event => { if (document.activeElement === canvas) { zoom *= event.deltaY < 0 ? 1.1 : 0.9; draw(); event.preventDefault(); } }, { passive: false });
  slider.addEventListener("input", () => { now = Number(slider.value); draw(); });
  choice.addEventListener("change", () => { key(); draw(); });
  window.addEventListener("resize", draw);
  window.addEventListener("load", draw);
  key(); draw();
  document.getElementById("turn").dataset.ready = count;
})();
