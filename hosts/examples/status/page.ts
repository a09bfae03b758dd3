// Made from page.html by make-page.mjs: change that one.

import { bytesOf } from "../http/text.ts";

/** Made when a firmware is linked, it stays in flash, and is sent from there. (A frozen object alone would have its bytes changed: the second argument is XS's.) */
export const PAGE = (Object.freeze as <T>(value: T, deep: boolean) => T)(
	bytesOf(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name="color-scheme" content="light dark" />
<link rel="icon" href="data:," />
<title>multihome</title>
<style>
:root {
--ground: #f4f3ef;
--card: #fffefb;
--line: #e2dfd6;
--ink: #1d2125;
--soft: #5f6670;
--in: #0a7468;
--out: #b3501b;
--good: #1b7f3b;
--bad: #b3261e;
--sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
--mono: ui-monospace, "SF Mono", "Cascadia Mono", "Roboto Mono", Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
:root {
--ground: #0f1316;
--card: #171c20;
--line: #2a3137;
--ink: #e9e8e3;
--soft: #9aa4ad;
--in: #4fd1bb;
--out: #f3a261;
--good: #63d287;
--bad: #ff8f85;
}
}
* {
box-sizing: border-box;
}
body {
margin: 0;
background: var(--ground);
color: var(--ink);
font: 15px/1.5 var(--sans);
font-variant-numeric: tabular-nums;
-webkit-text-size-adjust: 100%;
}
header,
main,
footer {
max-width: 72rem;
margin: 0 auto;
padding: 0 1.25rem;
}
header {
display: flex;
flex-wrap: wrap;
align-items: baseline;
gap: 0.25rem 1rem;
padding-top: 1.75rem;
padding-bottom: 1.25rem;
}
h1 {
margin: 0;
font-size: 1.5rem;
font-weight: 680;
letter-spacing: -0.02em;
}
h2 {
margin: 2.25rem 0 0.75rem;
font-size: 0.8125rem;
font-weight: 640;
letter-spacing: 0.06em;
text-transform: uppercase;
color: var(--soft);
}
h3 {
margin: 0;
font-size: 1.125rem;
font-weight: 640;
letter-spacing: -0.01em;
}
p {
margin: 0;
}
code,
.mono {
font-family: var(--mono);
font-size: 0.9em;
}
.words {
font-family: var(--sans);
font-size: 0.9375rem;
}
.soft {
color: var(--soft);
}
#live {
margin-left: auto;
color: var(--good);
font-weight: 560;
}
#live.lost {
color: var(--bad);
}
.state::before {
content: "";
display: inline-block;
width: 0.55em;
height: 0.55em;
margin-right: 0.45em;
border-radius: 50%;
background: currentColor;
}
.state.hollow::before {
background: none;
box-shadow: inset 0 0 0 2px currentColor;
}
.grid {
display: grid;
gap: 0.875rem;
grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr));
}
.cards {
grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr));
}
.card {
min-width: 0;
padding: 1rem 1.125rem;
background: var(--card);
border: 1px solid var(--line);
border-radius: 0.75rem;
}
.card > header {
max-width: none;
padding: 0;
flex-wrap: nowrap;
}
.card > header .state {
margin-left: auto;
font-size: 0.875rem;
font-weight: 560;
white-space: nowrap;
}
.up {
color: var(--good);
}
.down {
color: var(--bad);
}
.figure {
font-size: 1.625rem;
font-weight: 620;
letter-spacing: -0.02em;
line-height: 1.25;
}
.figure small {
font-size: 0.9375rem;
font-weight: 500;
letter-spacing: 0;
color: var(--soft);
}
.label {
font-size: 0.875rem;
color: var(--soft);
}
.in {
color: var(--in);
}
.out {
color: var(--out);
}
svg {
display: block;
width: 100%;
height: 2.25rem;
margin-top: 0.5rem;
overflow: visible;
}
svg .line {
fill: none;
stroke: currentColor;
stroke-width: 1.5;
stroke-linejoin: round;
vector-effect: non-scaling-stroke;
}
svg .area {
fill: currentColor;
opacity: 0.12;
}
svg .base {
stroke: var(--line);
vector-effect: non-scaling-stroke;
}
.figures .card {
display: flex;
flex-direction: column;
}
.figures svg {
flex: 1;
min-height: 2.25rem;
}
.flows {
display: grid;
grid-template-columns: 1fr 1fr;
gap: 1rem;
margin-top: 0.875rem;
}
.flows svg {
height: 1.75rem;
}
.total {
margin-top: 0.375rem;
white-space: pre-line;
}
.rate {
font-weight: 600;
white-space: nowrap;
}
.meter {
height: 0.375rem;
margin-top: 0.375rem;
border-radius: 1rem;
background: var(--line);
overflow: hidden;
}
.meter i {
display: block;
height: 100%;
border-radius: inherit;
background: var(--in);
}
.pair {
display: flex;
justify-content: space-between;
gap: 1rem;
font-size: 0.875rem;
}
.gauge {
margin-top: 0.5rem;
}
.drops {
display: flex;
flex-wrap: wrap;
gap: 0.25rem 0.875rem;
margin: 0.875rem 0 0;
padding: 0.75rem 0 0;
border-top: 1px solid var(--line);
list-style: none;
font-size: 0.875rem;
color: var(--soft);
}
.drops b {
font-weight: 600;
color: var(--ink);
}
.table {
padding: 0.25rem 1.125rem;
overflow-x: auto;
}
table {
width: 100%;
border-collapse: collapse;
font-size: 0.9375rem;
}
th,
td {
padding: 0.5rem 1rem 0.5rem 0;
text-align: left;
vertical-align: baseline;
border-top: 1px solid var(--line);
}
th:last-child,
td:last-child {
padding-right: 0;
}
thead th {
border-top: 0;
font-size: 0.8125rem;
font-weight: 500;
color: var(--soft);
}
td.mono {
overflow-wrap: anywhere;
}
.number {
text-align: right;
}
pre {
margin: 0;
font: 0.8125rem/1.8 var(--mono);
white-space: pre-wrap;
overflow-wrap: anywhere;
}
footer {
padding-top: 2rem;
padding-bottom: 3rem;
font-size: 0.875rem;
color: var(--soft);
}
a {
color: inherit;
text-underline-offset: 0.2em;
}
a:focus-visible {
outline: 2px solid var(--in);
outline-offset: 3px;
border-radius: 2px;
}
@media (max-width: 34rem) {
header,
main,
footer {
padding-left: 1rem;
padding-right: 1rem;
}
header {
padding-top: 1.25rem;
}
.table {
padding: 0.125rem 1rem;
}
.wide {
display: none;
}
.figures {
grid-template-columns: 1fr 1fr;
}
.figures .card {
padding: 0.75rem 0.875rem;
}
.figures .figure {
font-size: 1.375rem;
}
.figures .card:nth-child(n + 3) {
grid-column: 1 / -1;
}
.words {
font-size: inherit;
}
thead {
position: absolute;
width: 1px;
height: 1px;
overflow: hidden;
clip-path: inset(50%);
}
tr {
display: grid;
grid-template-columns: 1fr auto;
gap: 0.125rem 1rem;
padding: 0.625rem 0;
border-top: 1px solid var(--line);
}
tr:first-child {
border-top: 0;
}
td {
padding: 0;
border: 0;
}
td[data-order] {
font-size: 0.875rem;
}
td[data-order="1"],
td[data-order="2"] {
font-size: inherit;
}
td[data-order="1"] {
order: 1;
}
td[data-order="2"] {
order: 2;
text-align: right;
}
td[data-order="3"] {
order: 3;
color: var(--soft);
}
td[data-order="4"] {
order: 4;
color: var(--soft);
text-align: right;
}
td[data-before]:not(:has(.words))::before {
content: attr(data-before) " ";
font-family: var(--sans);
}
}
</style>
</head>
<body>
<header>
<h1>multihome</h1>
<p class="soft">up <span id="uptime">&ndash;</span></p>
<p id="live" class="state" role="status">connecting</p>
</header>
<main>
<section class="grid figures" aria-label="Now">
<div class="card">
<p class="label">Received</p>
<p class="figure in" id="rx">&ndash;</p>
<svg id="rx-line" class="in"></svg>
</div>
<div class="card">
<p class="label">Sent</p>
<p class="figure out" id="tx">&ndash;</p>
<svg id="tx-line" class="out"></svg>
</div>
<div class="card">
<p class="label">JavaScript heap</p>
<p class="figure"><span id="gc">&ndash;</span> <small id="gc-label">collections</small></p>
<div class="gauge" id="slots"></div>
<div class="gauge" id="chunks"></div>
</div>
<div class="card">
<p class="label">Stack memory</p>
<p class="figure"><span id="arena">&ndash;</span> <small>arena</small></p>
<div class="gauge" id="packets"></div>
<div class="gauge" id="tcp"></div>
</div>
</section>
<section aria-labelledby="h-if">
<h2 id="h-if">Interfaces</h2>
<div class="grid cards" id="interfaces"></div>
</section>
<section aria-labelledby="h-so">
<h2 id="h-so">Sockets</h2>
<div class="card table"><table id="sockets" aria-labelledby="h-so"></table></div>
</section>
<section aria-labelledby="h-ro">
<h2 id="h-ro">Routes</h2>
<div class="card table"><table id="routes" aria-labelledby="h-ro"></table></div>
</section>
<section aria-labelledby="h-ne">
<h2 id="h-ne">Neighbours</h2>
<div class="card table"><table id="neighbors" aria-labelledby="h-ne"></table></div>
</section>
<section aria-labelledby="h-tr">
<h2 id="h-tr">Try it</h2>
<div class="card"><pre id="try"></pre></div>
</section>
</main>
<footer>
<p>Everything above is <a href="/status">/status</a> as JSON, read once a second.</p>
</footer>
<script>
"use strict";
const SAMPLES = 60;
const byId = (id) => document.getElementById(id);
const set = (element, text) => {
if (element.textContent !== text) element.textContent = text;
};
const make = (tag, className, text) => {
const element = document.createElement(tag);
if (className) element.className = className;
if (text !== undefined) element.textContent = text;
return element;
};
const integer = (n) => Math.round(n).toLocaleString("en").replace(/,/g, "\\u2009");
const scaled = (n, base, units) => {
let i = 0;
while (n >= base * 0.9995 && i < units.length - 1) {
n /= base;
i++;
}
return (i === 0 || n >= 99.95 ? Math.round(n) : n.toFixed(1)) + "\\u00a0" + units[i];
};
const bytes = (n) => scaled(n, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]);
const bits = (n) => scaled(n * 8, 1000, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s"]);
const duration = (s) => {
const d = Math.floor(s / 86400);
const h = Math.floor(s / 3600) % 24;
const m = Math.floor(s / 60) % 60;
if (d) return d + "\\u00a0d " + h + "\\u00a0h";
if (h) return h + "\\u00a0h " + m + "\\u00a0min";
return m ? m + "\\u00a0min " + (Math.floor(s) % 60) + "\\u00a0s" : Math.floor(s) + "\\u00a0s";
};
const SVG = "http://www.w3.org/2000/svg";
function spark(svg, values, label) {
if (!svg.firstChild) {
svg.setAttribute("viewBox", "0 0 100 30");
svg.setAttribute("preserveAspectRatio", "none");
svg.setAttribute("role", "img");
for (const name of ["base", "area", "line"])
svg.append(document.createElementNS(SVG, name === "base" ? "line" : "path"));
const [base, area, line] = svg.children;
base.setAttribute("class", "base");
for (const [key, value] of [
["x1", 0],
["x2", 100],
["y1", 30],
["y2", 30],
])
base.setAttribute(key, value);
area.setAttribute("class", "area");
line.setAttribute("class", "line");
}
const top = Math.max(1, ...values);
const x = (i) => (100 - ((values.length - 1 - i) * 100) / (SAMPLES - 1)).toFixed(2);
const points = values.map((value, i) => x(i) + " " + (29 - (value / top) * 27).toFixed(2)).join("L");
svg.children[1].setAttribute("d", values.length > 1 ? "M" + x(0) + " 30L" + points + "L100 30Z" : "");
svg.children[2].setAttribute("d", values.length > 1 ? "M" + points : "");
svg.setAttribute("aria-label", label + ", last minute, at most " + bits(top));
}
function table(id, columns, rows, none) {
const element = byId(id);
if (!element.tHead) {
const head = element.createTHead().insertRow();
for (const [name, , , className] of columns) {
const th = make("th", className && className.replace("mono", ""), name);
th.scope = "col";
head.append(th);
}
element.createTBody();
}
const body = element.tBodies[0];
if (rows.length === 0) {
rows = [[none]];
}
while (body.rows.length > rows.length) body.deleteRow(-1);
rows.forEach((row, r) => {
let tr = body.rows[r];
if (tr && tr.cells.length !== row.length) tr.replaceChildren();
tr ??= body.insertRow();
row.forEach((text, c) => {
let td = tr.cells[c];
if (!td) {
td = tr.insertCell();
td.append(make("span"));
if (row.length === 1) {
td.colSpan = columns.length;
td.className = "soft";
} else {
const [, order, before, className] = columns[c];
td.className = className || "";
td.dataset.order = order;
if (before) td.dataset.before = before;
}
}
set(td.firstChild, String(text));
if (td.classList.contains("mono")) td.firstChild.className = /^[a-z ]*$/.test(text) ? "words" : "";
});
});
}
const history = new Map();
function rateOf(key, total, seconds) {
let entry = history.get(key);
if (!entry) history.set(key, (entry = { total, rates: [] }));
const delta = Math.max(0, total - entry.total);
entry.total = total;
if (seconds > 0) entry.rates.push(delta / seconds);
if (entry.rates.length > SAMPLES) entry.rates.shift();
return entry.rates;
}
const last = (rates) => rates[rates.length - 1] ?? 0;
function gauge(id, name, used, total, print) {
const box = byId(id);
if (!box.firstChild) {
const pair = make("div", "pair");
pair.append(make("span", "", name), make("span", "soft"));
const meter = make("div", "meter");
meter.append(make("i"));
box.append(pair, meter);
}
set(box.querySelector(".soft"), print(used) + " of " + print(total));
box.querySelector("i").style.width = (total ? (100 * used) / total : 0) + "%";
}
function card(link) {
const box = make("article", "card");
const head = make("header");
head.append(make("h3", "", link.name), make("span", "soft kind"), make("span", "state"));
const flows = make("div", "flows");
for (const way of ["in", "out"]) {
const flow = make("div");
const svg = document.createElementNS(SVG, "svg");
svg.setAttribute("class", way);
flow.append(
make("p", "label", way === "in" ? "Received" : "Sent"),
make("p", "rate " + way),
svg,
make("p", "label total"),
);
flows.append(flow);
}
box.append(head, make("p", "mono addresses"), make("p", "label hardware"), flows, make("ul", "drops"));
return box;
}
function fill(box, link, rx, tx) {
const find = (selector) => box.querySelector(selector);
set(find(".kind"), link.kind ?? "");
const state = find(".state");
set(state, link.up ? "up" : "down");
state.className = "state " + (link.up ? "up" : "down hollow");
set(find(".addresses"), link.addresses.join("  ") || "no address");
const { ppp, dhcp } = link;
const phase = ppp && ppp.phase + (ppp.reason ? " (" + ppp.reason + ")" : "");
set(
find(".hardware"),
[link.mac, phase, dhcp && "DHCP " + dhcp.state + (dhcp.reason ? " (" + dhcp.reason + ")" : ""), "MTU " + link.mtu]
.filter(Boolean)
.join(" \\u00b7 "),
);
[
[rx, link.received],
[tx, link.sent],
].forEach(([rates, count], i) => {
const flow = find(".flows").children[i];
set(flow.children[1], bits(last(rates)));
spark(flow.children[2], rates, (i ? "Sent by " : "Received by ") + link.name);
set(flow.children[3], bytes(count.bytes) + "\\n" + integer(count.packets) + " packets");
});
const drops = [...Object.entries(link.drops), ...Object.entries(link.device)].filter(([, n]) => n > 0);
const list = find(".drops");
const want = drops.length || 1;
while (list.children.length > want) list.lastChild.remove();
while (list.children.length < want) list.append(make("li"));
if (drops.length === 0) set(list.firstChild, "Nothing dropped");
drops
.sort((a, b) => b[1] - a[1])
.forEach(([reason, n], i) => {
const item = list.children[i];
const text = reason.replace(/([A-Z])/g, " $1").toLowerCase() + " ";
if (item.textContent !== text + integer(n)) item.replaceChildren(text, make("b", "", integer(n)));
});
}
function show(status, seconds) {
set(byId("uptime"), duration(status.uptimeMs / 1000));
const boxes = byId("interfaces");
const sums = { rx: [], tx: [] };
const links = status.interfaces.filter((link) => link.kind !== "loopback");
links.push(...status.interfaces.filter((link) => link.kind === "loopback"));
links.forEach((link, i) => {
let box = boxes.children[i];
if (!box || box.dataset.id !== String(link.id)) {
const fresh = card(link);
fresh.dataset.id = link.id;
if (box) box.replaceWith(fresh);
else boxes.append(fresh);
box = fresh;
}
const rx = rateOf(link.id + "rx", link.received.bytes, seconds);
const tx = rateOf(link.id + "tx", link.sent.bytes, seconds);
fill(box, link, rx, tx);
if (link.kind === "loopback") return;
for (let k = 1; k <= SAMPLES; k++) {
if (rx.length >= k) sums.rx[SAMPLES - k] = (sums.rx[SAMPLES - k] ?? 0) + rx[rx.length - k];
if (tx.length >= k) sums.tx[SAMPLES - k] = (sums.tx[SAMPLES - k] ?? 0) + tx[tx.length - k];
}
});
while (boxes.children.length > links.length) boxes.lastChild.remove();
for (const way of ["rx", "tx"]) {
const values = sums[way].filter((value) => value !== undefined);
set(byId(way), bits(last(values)));
spark(byId(way + "-line"), values, way === "rx" ? "Received" : "Sent");
}
const { heap, memory } = status;
if (heap) {
const board = heap.collections === undefined;
set(byId("gc"), board ? bytes(heap.freeBytes) : integer(heap.collections));
set(byId("gc-label"), board ? "free" : heap.collections === 1 ? "collection" : "collections");
gauge("slots", "Slots", heap.slotsUsed, heap.slotsTotal, integer);
gauge("chunks", "Chunks", heap.chunkBytesUsed, heap.chunkBytesTotal, bytes);
} else set(byId("gc-label"), "not on XS");
set(byId("arena"), bytes(memory.arena));
gauge("packets", "Packet buffers", memory.packets - memory.packetsFree, memory.packets, integer);
gauge("tcp", "TCP sockets", memory.tcp - memory.tcpFree, memory.tcp, integer);
const words = (text) => text.replace(/([A-Z0-9])/g, " $1").toLowerCase();
table(
"sockets",
[
["Local", 1, "", "mono"],
["Remote", 3, "", "mono"],
["Protocol", 2],
["State", 4],
["Queued in, out", 4, "queued", "number wide"],
],
status.sockets.map((s) => [
s.local,
s.remote === "*:*" ? "anywhere" : s.remote,
s.protocol,
words(s.state),
integer(s.receiveQueue) + ", " + integer(s.sendQueue),
]),
"No sockets open",
);
table(
"routes",
[
["Destination", 1, "", "mono"],
["Gateway", 3, "via", "mono"],
["Interface", 2],
["Metric", 4, "metric", "number"],
],
status.routes.map((r) => [r.prefix, r.gateway ?? "on link", r.interface, r.active ? r.metric : r.metric + ", down"]),
"No routes",
);
table(
"neighbors",
[
["Address", 1, "", "mono"],
["Link address", 3, "", "mono"],
["Interface", 2],
["State", 4],
],
status.neighbors.map((n) => [n.address, n.mac || "not known yet", n.interface, words(n.state)]),
"No neighbours yet",
);
}
const live = byId("live");
let before = 0;
async function turn() {
try {
const answer = await fetch("/status", { cache: "no-store", signal: AbortSignal.timeout(4000) });
if (!answer.ok) throw new Error("status " + answer.status);
const status = await answer.json();
show(status, before ? (status.uptimeMs - before) / 1000 : 0);
before = status.uptimeMs;
set(live, "live");
live.className = "state";
} catch {
set(live, "no answer, trying again");
live.className = "state hollow lost";
}
setTimeout(turn, document.hidden ? 5000 : 1000);
}
const host = location.host || "BOARD";
const name = location.hostname || "BOARD";
set(
byId("try"),
[
"curl -o /dev/null http://" + host + "/bytes/100000000",
"head -c 100M /dev/urandom | curl -T - -X POST http://" + host + "/sink",
"ping " + name,
].join("\\n"),
);
turn();
</script>
</body>
</html>
`),
	true,
);
