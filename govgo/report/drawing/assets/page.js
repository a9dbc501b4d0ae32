// SPDX-License-Identifier: BSD-3-Clause
// The page that `govgo graph -format html` writes: a picture of the requirement graph, a table of the same data, and for
// each module who requires it and which requirement decides. Texts of strangers become text nodes, never markup.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const MAIN = 1, SELECTED = 2, DIRECT = 4, REPLACED = 8, RETRACTED = 16, PRUNED = 32;
  const MOST_FOUND = 50;
  const MOST_REQUIRERS = 40;
  const SMALL = 150; // nodes of a graph that is shown with every label and thick lines
  const count = data.path.length;
  const byId = (id) => document.getElementById(id);
  const pathOf = (node) => data.paths[data.path[node]];
  const has = (node, flag) => (data.flags[node] & flag) !== 0;
  const many = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
  const nameOf = (node) => (data.version[node] ? `${pathOf(node)} ${data.version[node]}` : pathOf(node));

  // ---- The graph. An entry of data.needs[node] is twice the number of the required version, plus 1 for a requirement
  // that is marked // indirect where others lead to the same module.

  const selectedOf = new Int32Array(data.paths.length).fill(-1);
  for (let node = 0; node < count; node++) if (has(node, SELECTED)) selectedOf[data.path[node]] = node;
  const requirers = Array.from({ length: data.paths.length }, () => []);
  for (let node = 0; node < count; node++) {
    for (const code of data.needs[node]) {
      requirers[data.path[code >> 1]].push({ source: node, target: code >> 1, isMarked: (code & 1) === 1 });
    }
  }
  const decides = (target) => has(target, SELECTED);
  const places = (source, target) => (data.lines[source] || {})[target] || "";

  /** What requires the module of `node`: the highest version first, then main modules, then selected ones, by name. */
  const requirersOf = (node) => requirers[data.path[node]].slice().sort((a, b) =>
    b.target - a.target || has(b.source, MAIN) - has(a.source, MAIN)
    || has(b.source, SELECTED) - has(a.source, SELECTED) || a.source - b.source);

  /** A shortest chain of requirements from a main module to `goal`, through selected versions where there is one. */
  function chainTo(goal) {
    for (const throughSelected of [true, false]) {
      const parent = new Int32Array(count).fill(-2);
      const queue = [];
      for (let node = 0; node < count; node++) if (has(node, MAIN)) { parent[node] = -1; queue.push(node); }
      for (const node of queue) {
        if (node === goal) {
          const chain = [];
          for (let at = goal; at !== -1; at = parent[at]) chain.push(at);
          return chain.reverse();
        }
        for (const code of data.needs[node]) {
          const asked = code >> 1;
          const target = throughSelected ? selectedOf[data.path[asked]] : asked;
          if (target >= 0 && parent[target] === -2) { parent[target] = node; queue.push(target); }
        }
      }
    }
    return [];
  }

  // ---- What is shown.

  const state = { asking: false, indirect: false, versions: false, node: -1, isAllListed: false };
  let colours = {};
  function readColours() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["page", "text", "soft", "line", "main", "direct", "other", "replaced", "retracted", "unselected",
      "decides", "asks", "marked", "faded"]) colours[name] = style.getPropertyValue(`--${name}`).trim();
  }

  const kindOf = (node) => has(node, RETRACTED) ? "retracted" : has(node, REPLACED) ? "replaced"
    : has(node, MAIN) ? "main" : !has(node, SELECTED) ? "unselected" : has(node, DIRECT) ? "direct" : "other";
  const SHAPES = { main: 1, direct: 0, other: 0, replaced: 2, retracted: 3, unselected: 4 };
  const SIZES = { main: 9, direct: 5, other: 3.2, replaced: 6, retracted: 6.5, unselected: 3 };

  function shownNodes() {
    const found = [];
    for (let node = 0; node < count; node++) if (state.versions || has(node, SELECTED)) found.push(node);
    return found;
  }

  /** [source, target, whether it decides] of each arrow. */
  function shownArrows() {
    const found = [];
    for (const source of shownNodes()) {
      for (const code of data.needs[source]) {
        const asked = code >> 1;
        const isDeciding = decides(asked);
        if ((!isDeciding && !state.asking) || ((code & 1) && !state.indirect)) continue;
        const target = state.versions ? asked : selectedOf[data.path[asked]];
        if (target >= 0 && target !== source) found.push([source, target, isDeciding]);
      }
    }
    return found;
  }

  const positionOf = (node) => (state.versions ? [data.wide[2 * node], data.wide[2 * node + 1]]
    : [data.place[2 * node], data.place[2 * node + 1]]);

  // ---- The picture, by sigma; where there is no WebGL, and on paper, by SVG.

  let sigma = null;
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const milliseconds = (duration) => (isCalm ? 1 : duration);
  let near = new Set();
  let onChain = new Set();
  let labelled = []; // the boxes of the labels of this frame

  function labelOf(node) {
    const short = pathOf(node).replace(/^(github\.com|golang\.org)\//, "");
    return state.versions && data.version[node] ? `${short} ${data.version[node]}` : short;
  }

  function buildGraph() {
    const graph = new graphology.DirectedGraph();
    const { clientWidth, clientHeight } = byId("picture");
    const isSmall = shownNodes().length <= SMALL;
    const thick = isSmall ? 2.2 : 1;
    const scale = Math.max(0.45, Math.min(1, Math.sqrt(clientWidth * clientHeight / 600000)));
    for (const node of shownNodes()) {
      const kind = kindOf(node);
      const [x, y] = positionOf(node);
      graph.addNode(node, { x, y, size: SIZES[kind] * scale, label: labelOf(node), kind, shape: SHAPES[kind] });
    }
    for (const [source, target, isDeciding] of shownArrows()) {
      graph.mergeDirectedEdge(source, target, { type: isDeciding ? "arrow" : "line", size: (isDeciding ? 1.1 : 0.6) * thick,
        zIndex: isDeciding ? 1 : 0, isDeciding, ends: { source, target } });
    }
    return graph;
  }

  function reduceNode(key, attributes) {
    const node = Number(key);
    const isNear = state.node < 0 || near.has(node);
    return {
      ...attributes,
      color: isNear ? colours[attributes.kind] : colours.faded,
      label: isNear ? attributes.label : "",
      highlighted: node === state.node,
      forceLabel: node === state.node || onChain.has(node) || attributes.kind === "main",
      zIndex: isNear ? 1 : 0,
    };
  }

  function reduceEdge(key, attributes) {
    const { source, target } = attributes.ends;
    if (state.node < 0) return { ...attributes, color: attributes.isDeciding ? colours.decides : colours.asks };
    const isOnChain = onChain.has(source) && onChain.has(target);
    if (isOnChain) return { ...attributes, color: colours.marked, size: 2.2, zIndex: 3 };
    if (source !== state.node && target !== state.node) return { ...attributes, hidden: true };
    return { ...attributes, color: attributes.isDeciding ? colours.direct : colours.soft, zIndex: 2 };
  }

  /** A label that stays readable above lines and nodes, above a node at the right edge; of many nodes, one that meets no other. */
  function drawLabel(context, node, settings) {
    if (!node.label) return;
    context.font = `${settings.labelWeight} ${settings.labelSize}px ${settings.labelFont}`;
    const width = context.measureText(node.label).width;
    const last = context.canvas.clientWidth - width - 4;
    const beside = node.x + node.size + 3;
    const isAtEdge = beside > last && node.x < context.canvas.clientWidth;
    const [x, y] = isAtEdge ? [last, node.y - node.size - 5] : [beside, node.y + settings.labelSize / 3];
    const box = [x, y - settings.labelSize, x + width, y + 3];
    const meets = (each) => box[0] < each[2] && box[2] > each[0] && box[1] < each[3] && box[3] > each[1];
    if (sigma && sigma.getGraph().order > SMALL && !node.forceLabel && labelled.some(meets)) return;
    labelled.push(box);
    context.lineJoin = "round";
    context.lineWidth = 4;
    context.strokeStyle = colours.page;
    context.strokeText(node.label, x, y);
    context.fillStyle = colours.text;
    context.fillText(node.label, x, y);
  }

  function drawHover(context, node, settings) {
    const size = settings.labelSize;
    const full = nameOf(Number(node.key));
    context.font = `${settings.labelWeight} ${size}px ${settings.labelFont}`;
    const width = context.measureText(full).width + 8;
    context.fillStyle = colours.page;
    context.strokeStyle = colours.marked;
    context.lineWidth = 1.5;
    context.beginPath();
    context.rect(node.x + node.size + 1, node.y - size / 2 - 4, width, size + 8);
    context.fill();
    context.stroke();
    context.beginPath();
    context.arc(node.x, node.y, node.size + 3, 0, 2 * Math.PI);
    context.stroke();
    context.fillStyle = colours.text;
    context.fillText(full, node.x + node.size + 5, node.y + size / 3);
  }

  /** Nodes of several shapes: 0 disc, 1 square, 2 diamond, 3 triangle, 4 ring. */
  function makeShapeProgram() {
    return class extends Sigma.rendering.NodeCircleProgram {
      getDefinition() {
        const circle = super.getDefinition();
        const vertex = circle.VERTEX_SHADER_SOURCE
          .replace("attribute float a_size;", "attribute float a_size;\nattribute float a_shape;\nvarying float v_shape;")
          .replace("v_diffVector = diffVector;", "v_diffVector = diffVector;\n  v_shape = a_shape;");
        return {
          ...circle,
          VERTEX_SHADER_SOURCE: vertex,
          FRAGMENT_SHADER_SOURCE: `
precision highp float;
varying vec4 v_color;
varying vec2 v_diffVector;
varying float v_radius;
varying float v_shape;
uniform float u_correctionRatio;
void main(void) {
  vec2 p = v_diffVector;
  float r = v_radius;
  float border = u_correctionRatio * 2.0;
  float far = length(p) - r;
  if (v_shape > 3.5) {
    #ifndef PICKING_MODE
    far = max(far, r * 0.5 - length(p));
    #endif
  } else if (v_shape > 2.5) {
    far = max(abs(p.x) * 0.87 + p.y * 0.5 - r * 0.5, -p.y - r * 0.5);
  } else if (v_shape > 1.5) {
    far = (abs(p.x) + abs(p.y) - r) * 0.71;
  } else if (v_shape > 0.5) {
    far = max(abs(p.x), abs(p.y)) - r * 0.7;
  }
  #ifdef PICKING_MODE
  gl_FragColor = far > 0.0 ? vec4(0.0) : v_color;
  #else
  gl_FragColor = mix(v_color, vec4(0.0), clamp((far + border) / border, 0.0, 1.0));
  #endif
}`,
          ATTRIBUTES: [...circle.ATTRIBUTES.slice(0, 2),
            { name: "a_shape", size: 1, type: WebGLRenderingContext.FLOAT }, ...circle.ATTRIBUTES.slice(2)],
        };
      }

      processVisibleItem(index, start, node) {
        this.array.set([node.x, node.y, node.size, node.shape, Sigma.utils.floatColor(node.color), index], start);
      }
    };
  }

  function startPicture() {
    const box = byId("picture");
    try {
      if (!document.createElement("canvas").getContext("webgl2")) throw new Error("no WebGL");
      sigma = new Sigma(buildGraph(), box, {
        nodeProgramClasses: { shape: makeShapeProgram() },
        defaultNodeType: "shape",
        defaultDrawNodeHover: drawHover,
        defaultDrawNodeLabel: drawLabel,
        nodeReducer: reduceNode,
        edgeReducer: reduceEdge,
        labelFont: "system-ui, sans-serif",
        labelSize: 12,
        labelRenderedSizeThreshold: 1,
        minEdgeThickness: 0.5,
        zIndex: true,
        enableCameraRotation: false,
        minCameraRatio: 0.01,
        maxCameraRatio: 4,
        stagePadding: 50,
      });
      setLabels();
      sigma.on("beforeRender", () => { labelled = []; });
      sigma.on("clickNode", ({ node }) => choose(Number(node)));
      sigma.on("clickStage", () => choose(-1));
    } catch (error) {
      console.warn(`drawn without WebGL: ${error.message}`);
      sigma = null;
      byId("zoom").hidden = true;
      drawWithoutSigma();
    }
    document.documentElement.dataset.drawn = sigma ? "webgl" : "svg";
  }

  function setLabels() {
    const isSmall = shownNodes().length <= SMALL;
    sigma.setSettings({ labelDensity: isSmall ? 20 : 0.5, labelGridCellSize: isSmall ? 60 : 150 });
  }

  function drawWithoutSigma() {
    const box = byId("picture");
    box.replaceChildren(drawing(box.clientWidth || 900, box.clientHeight || 600, (shape, node) => {
      shape.style.cursor = "pointer";
      shape.addEventListener("click", () => choose(node));
    }));
  }

  const svg = (tag, attributes, ...children) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };

  function shapeOf(kind, x, y, r, colour) {
    if (kind === "main") return svg("rect", { x: x - r, y: y - r, width: 2 * r, height: 2 * r, fill: colour });
    if (kind === "replaced") {
      return svg("path", { d: `M${x} ${y - 1.3 * r}L${x + 1.3 * r} ${y}L${x} ${y + 1.3 * r}L${x - 1.3 * r} ${y}Z`, fill: colour });
    }
    if (kind === "retracted") {
      return svg("path", { d: `M${x} ${y - 1.3 * r}L${x + 1.2 * r} ${y + r}L${x - 1.2 * r} ${y + r}Z`, fill: colour });
    }
    if (kind === "unselected") {
      return svg("circle", { cx: x, cy: y, r: 0.75 * r, fill: "none", stroke: colour, "stroke-width": r / 2 });
    }
    return svg("circle", { cx: x, cy: y, r, fill: colour });
  }

  /** The whole graph as an SVG of a size in pixels; a label stands where it meets no other. */
  function drawing(width, height, prepare = () => {}) {
    const nodes = shownNodes();
    let [left, right, top, bottom] = [Infinity, -Infinity, -Infinity, Infinity];
    for (const node of nodes) {
      const [x, y] = positionOf(node);
      left = Math.min(left, x); right = Math.max(right, x); bottom = Math.min(bottom, y); top = Math.max(top, y);
    }
    const margin = 14;
    const scaleX = (width - 2 * margin - 90) / Math.max(right - left, 1);
    const scaleY = (height - 2 * margin) / Math.max(top - bottom, 1);
    const at = (node) => {
      const [x, y] = positionOf(node);
      return [margin + (x - left) * scaleX, right === left && top === bottom ? height / 2 : margin + (top - y) * scaleY];
    };
    const size = Math.max(5, Math.min(11, 11 - Math.log2(Math.max(1, nodes.length / 60))));
    const made = svg("svg", { viewBox: `0 0 ${width} ${height}`, "font-family": "sans-serif", "font-size": size });
    const thick = nodes.length <= SMALL ? 2.5 : 1;
    const round = (value) => Math.round(value * 10) / 10;
    for (const isDeciding of [false, true]) {
      let path = "";
      for (const [source, target, each] of shownArrows()) {
        if (each !== isDeciding) continue;
        const [[x, y], [u, v]] = [at(source), at(target)];
        path += `M${round(x)} ${round(y)}L${round(u)} ${round(v)}`;
      }
      if (path) {
        made.append(svg("path", { d: path, fill: "none", stroke: isDeciding ? colours.decides : colours.asks,
          "stroke-width": (isDeciding ? 0.5 : 0.3) * thick, "stroke-opacity": 0.6, ...(isDeciding ? {} : { "stroke-dasharray": 2 }) }));
      }
    }
    const order = ["main", "retracted", "replaced", "direct", "other", "unselected"];
    const taken = [];
    const labels = [];
    for (const kind of order) {
      for (const node of nodes) {
        if (kindOf(node) !== kind) continue;
        const [x, y] = at(node);
        const r = SIZES[kind] * size / 18;
        const shape = shapeOf(kind, round(x), round(y), r, colours[kind]);
        shape.append(svg("title", {}, nameOf(node)));
        prepare(shape, node);
        made.append(shape);
        const text = labelOf(node);
        const box = [x + r + 1, y - size / 2, x + r + 1 + text.length * size * 0.55, y + size / 2];
        if (taken.every((each) => box[0] > each[2] || box[2] < each[0] || box[1] > each[3] || box[3] < each[1])) {
          taken.push(box);
          labels.push(svg("text", { x: round(box[0]), y: round(y + size / 3), fill: colours.text }, text));
        }
      }
    }
    made.append(...labels);
    return made;
  }

  function redraw() {
    if (sigma) {
      setLabels();
      sigma.setGraph(buildGraph());
      sigma.refresh();
    } else drawWithoutSigma();
    tellCounts();
  }

  function tellCounts() {
    const arrows = shownArrows();
    const deciding = arrows.filter((each) => each[2]).length;
    const rest = arrows.length - deciding;
    const nodes = shownNodes().filter((node) => !has(node, MAIN)); // the build list is counted without them, too
    byId("counts").textContent = `${data.about} Shown: ${many(nodes.length, state.versions ? "module version" : "module")}, `
      + `${many(deciding, "deciding requirement")}${rest ? `, ${many(rest, "other")}` : ""}.`;
  }

  // ---- Why a version is selected.

  const element = (tag, attributes, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "onclick") made.addEventListener("click", value);
      else made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  };
  const link = (node, text) => element("button", { type: "button", class: "link", onclick: () => choose(node, true) }, text);

  function marksOf(node) {
    const found = [];
    if (has(node, MAIN)) found.push("main module");
    else if (!has(node, SELECTED)) found.push("not selected");
    if (has(node, DIRECT) && !has(node, MAIN)) found.push("required directly");
    if (has(node, REPLACED)) found.push(`replaced ${data.replaced[node]}`);
    if (has(node, RETRACTED)) {
      found.push(data.retracted[node] ? `retracted: ${data.retracted[node]}` : "retracted");
    }
    if (has(node, PRUNED)) found.push("pruned");
    return found;
  }

  function choose(node, isMoving = false) {
    state.node = node;
    state.isAllListed = false;
    near = new Set();
    onChain = new Set();
    if (node >= 0) {
      if (!state.versions && !has(node, SELECTED)) {
        state.versions = byId("versions").checked = true;
        redraw();
      }
      near.add(node);
      for (const each of chainTo(node)) { near.add(each); onChain.add(each); }
      for (const [source, target] of shownArrows()) {
        if (source === node) near.add(target);
        if (target === node) near.add(source);
      }
    }
    explain(node);
    if (sigma) {
      drawChain();
      sigma.refresh();
      if (isMoving && node >= 0) {
        const shown = sigma.getNodeDisplayData(String(node));
        if (shown && shownNodes().length > SMALL) {
          const ratio = Math.min(sigma.getCamera().ratio, 0.6);
          sigma.getCamera().animate({ x: shown.x, y: shown.y, ratio }, { duration: milliseconds(200) });
        } else if (shown) sigma.getCamera().animatedReset({ duration: milliseconds(150) });
      }
    }
  }

  let added = [];
  /** The arrows of the shortest way are there also where the switches leave them out. */
  function drawChain() {
    const graph = sigma.getGraph();
    for (const edge of added) if (graph.hasEdge(edge)) graph.dropEdge(edge);
    added = [];
    const chain = [...onChain];
    for (let at = 1; at < chain.length; at++) {
      const [source, target] = [chain[at - 1], chain[at]];
      if (graph.hasNode(source) && graph.hasNode(target) && !graph.hasEdge(source, target)) {
        added.push(graph.addDirectedEdge(source, target, { type: "line", size: 1, zIndex: 3, ends: { source, target } }));
      }
    }
  }

  function explain(node) {
    const box = byId("why");
    box.replaceChildren();
    if (node < 0) {
      box.append(element("h2", {}, "Why?"), element("p", { class: "note" },
        "Choose a module in the picture, by the search or in the table: who requires it, which requirement decides, and "
        + "the shortest way to it are shown here."));
      for (const main of shownNodes().filter((each) => has(each, MAIN))) box.append(element("p", {}, link(main, nameOf(main))));
      return;
    }
    box.append(element("h2", { tabindex: "-1" }, nameOf(node)));
    const marks = marksOf(node);
    if (marks.length) {
      box.append(element("p", { class: has(node, RETRACTED) ? "warning" : "mark" }, marks.join("; ")));
    }
    const selected = selectedOf[data.path[node]];
    if (selected >= 0 && selected !== node) box.append(element("p", {}, "Selected is ", link(selected, data.version[selected] || "the main module")));
    const asking = requirersOf(node);
    if (!has(node, MAIN) || asking.length) {  // the main modules of a workspace may require each other
      box.append(element("h3", {}, asking.length === 1 ? "Required once" : `Required ${asking.length.toLocaleString("en")} times, highest version first`));
      const list = element("ul", { id: "requirers" });
      let versions = null;
      for (const { source, target } of asking.slice(0, state.isAllListed ? asking.length : MOST_REQUIRERS)) {
        if (versions?.target !== target) {
          versions = { target, list: element("ul", {}) };
          list.append(element("li", decides(target) ? { class: "decides" } : {}, data.version[target],
            decides(target) ? " decides" : "", versions.list));
        }
        const notes = [places(source, target), has(source, SELECTED) ? "" : "not selected"].filter(Boolean);
        versions.list.append(element("li", {}, link(source, nameOf(source)),
          element("span", { class: "note" }, notes.length ? ` ${notes.join(", ")}` : "")));
      }
      box.append(list);
      if (!state.isAllListed && asking.length > MOST_REQUIRERS) {
        box.append(element("button", { type: "button", onclick: () => { state.isAllListed = true; explain(node); } },
          `Show all ${asking.length.toLocaleString("en")}`));
      }
      if (!has(node, MAIN) && asking.length && !asking.some((each) => decides(each.target))) {
        box.append(element("p", { class: "note" }, "What decides is not part of this page."));
      }
      const chain = [...onChain];
      if (!has(node, MAIN) && chain.length > 1) {
        box.append(element("h3", {}, "Shortest way"));
        box.append(element("ol", { id: "chain" }, ...chain.map((each) => element("li", {}, link(each, nameOf(each))))));
      }
    }
    const needs = data.needs[node];
    box.append(element("h3", {}, needs.length ? `Requires ${many(needs.length, "module")}` : "Requires nothing"));
    box.append(element("ul", { id: "requires" }, ...needs.map((code) => {
      const asked = code >> 1;
      const target = selectedOf[data.path[asked]];
      const row = element("li", decides(asked) ? { class: "decides" } : {}, link(target < 0 ? asked : target, nameOf(asked)));
      const notes = [];
      if (decides(asked)) notes.push("decides");
      else if (target >= 0) notes.push(data.version[target] ? `selected is ${data.version[target]}` : "a main module");
      if (code & 1) notes.push("indirect");
      if (notes.length) row.append(element("span", { class: "note" }, ` ${notes.join(", ")}`));
      return row;
    })));
  }

  // ---- Search.

  const wordsOf = () => byId("find").value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  /** The nodes that are shown and have every word. */
  function matching(words) {
    return shownNodes().filter((node) => words.every((word) => nameOf(node).toLowerCase().includes(word)));
  }

  function search() {
    const words = wordsOf();
    const list = byId("found");
    list.replaceChildren();
    if (isListShown()) fillList();
    if (!words.length) return [];
    const found = matching(words);
    found.sort((a, b) => pathOf(a).length - pathOf(b).length || a - b);
    for (const node of found.slice(0, MOST_FOUND)) {
      list.append(element("li", {}, element("button", { type: "button", onclick: () => take(node) }, nameOf(node))));
    }
    if (!found.length) list.append(element("li", { class: "note" }, "no such module"));
    if (found.length > MOST_FOUND) list.append(element("li", { class: "note" }, `and ${found.length - MOST_FOUND} more`));
    return found;
  }

  function take(node) {
    byId("find").value = "";
    byId("found").replaceChildren();
    choose(node, true);
    byId("why").querySelector("h2").focus();
  }

  // ---- The table.

  const COLUMNS = [
    ["Module", pathOf], ["Version", (node) => data.version[node]], ["Marks", (node) => marksOf(node).join("; ")],
    ["Decided by", (node) => decidedBy(node)], ["Required by", (node) => requirers[data.path[node]].length],
    ["Requires", (node) => data.needs[node].length],
  ];
  let sorted = [0, 1];
  const isListShown = () => !byId("list").hidden;

  function decidedBy(node) {
    if (has(node, MAIN) || !has(node, SELECTED)) return "";
    const first = requirersOf(node).find((each) => decides(each.target));
    return first ? places(first.source, first.target) || nameOf(first.source) : "";
  }

  function fillList() {
    const nodes = matching(wordsOf());
    const [column, way] = sorted;
    if (column !== 0 || way !== 1) {
      const values = new Map(nodes.map((node) => [node, COLUMNS[column][1](node)]));
      nodes.sort((a, b) => { const [x, y] = [values.get(a), values.get(b)]; return way * (x < y ? -1 : x > y ? 1 : 0) || a - b; });
    }
    const head = element("tr", {}, ...COLUMNS.map(([title], at) => element("th", {
      scope: "col", "aria-sort": at !== column ? "none" : way > 0 ? "ascending" : "descending" },
    element("button", { type: "button", onclick: () => { sorted = [at, at === column ? -way : 1]; fillList(); } },
      title + (at !== column ? "" : way > 0 ? " \u25b4" : " \u25be")))));
    const rows = nodes.map((node) => element("tr", {},
      element("td", {}, link(node, pathOf(node))), element("td", {}, data.version[node]),
      element("td", has(node, RETRACTED) ? { class: "warning" } : {}, COLUMNS[2][1](node)),
      element("td", {}, decidedBy(node)), element("td", { class: "number" }, String(COLUMNS[4][1](node))),
      element("td", { class: "number" }, String(COLUMNS[5][1](node)))));
    byId("list").replaceChildren(element("table", {},
      element("caption", {}, many(nodes.length, state.versions ? "module version" : "module")),
      element("thead", {}, head), element("tbody", {}, ...rows)));
  }

  function show(isList) {
    byId("picture").classList.toggle("covered", isList); // it keeps its size, without which sigma cannot draw
    byId("zoom").hidden = isList || !sigma;
    byId("list").hidden = !isList;
    byId("as-list").setAttribute("aria-pressed", String(isList));
    byId("as-picture").setAttribute("aria-pressed", String(!isList));
    if (isList) fillList();
    else if (sigma) sigma.refresh();
  }

  function fillLegend() {
    const legend = byId("legend");
    legend.querySelectorAll("div").forEach((each) => each.remove());
    const texts = { main: "main module", direct: "required directly", other: "required by others", replaced: "replaced",
      retracted: "retracted", unselected: "version not selected" };
    for (const [kind, text] of Object.entries(texts)) {
      const size = kind === "other" ? 3 : 4.5;
      legend.append(element("div", {}, svg("svg", { viewBox: "0 0 24 12", "aria-hidden": "true" }, shapeOf(kind, 12, 6, size, colours[kind])), text));
    }
    const line = (colour, width, ...more) => svg("svg", { viewBox: "0 0 24 12", "aria-hidden": "true" },
      svg("path", { d: "M1 6H18", stroke: colour, "stroke-width": width }), ...more);
    legend.append(
      element("div", {}, line(colours.decides, 2, svg("path", { d: "M16 2L23 6L16 10Z", fill: colours.decides })), "requirement that decides"),
      element("div", {}, line(colours.asks, 1.5), "requirement of a lower version"),
    );
  }

  // ---- Switches and keys.

  for (const id of ["asking", "indirect", "versions"]) {
    byId(id).addEventListener("change", (event) => {
      state[id] = event.target.checked;
      if (!state.versions && state.node >= 0 && !has(state.node, SELECTED)) choose(-1);
      redraw();
      choose(state.node);
      if (isListShown()) fillList();
    });
  }
  byId("as-picture").addEventListener("click", () => show(false));
  byId("as-list").addEventListener("click", () => show(true));
  byId("closer").addEventListener("click", () => sigma.getCamera().animatedZoom({ duration: milliseconds(150) }));
  byId("farther").addEventListener("click", () => sigma.getCamera().animatedUnzoom({ duration: milliseconds(150) }));
  byId("whole").addEventListener("click", () => sigma.getCamera().animatedReset({ duration: milliseconds(150) }));
  byId("find").addEventListener("input", search);
  byId("find").addEventListener("keydown", (event) => {
    if (event.key === "Enter") { const found = search(); if (found.length) take(found[0]); }
    if (event.key === "Escape") { byId("find").value = ""; search(); }
    if (event.key === "ArrowDown") { event.preventDefault(); byId("found").querySelector("button")?.focus(); }
  });
  byId("found").addEventListener("keydown", (event) => {
    const way = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (!way) return;
    event.preventDefault();
    const other = event.target.parentElement[way];
    (other ? other.querySelector("button") : event.key === "ArrowUp" ? byId("find") : null)?.focus();
  });
  byId("picture").addEventListener("keydown", (event) => {
    if (!sigma) return;
    const camera = sigma.getCamera();
    const { x, y, ratio } = camera.getState();
    const step = 0.12 * ratio;
    const moves = { ArrowLeft: { x: x - step }, ArrowRight: { x: x + step }, ArrowUp: { y: y + step }, ArrowDown: { y: y - step },
      "+": { ratio: ratio / 1.4 }, "=": { ratio: ratio / 1.4 }, "-": { ratio: ratio * 1.4 }, 0: { x: 0.5, y: 0.5, ratio: 1 } };
    if (moves[event.key] && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      camera.animate(moves[event.key], { duration: milliseconds(100) });
    }
  });
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.tagName === "INPUT" && event.target.type === "search";
    if (event.key === "/" && !isTyping) { event.preventDefault(); byId("find").focus(); }
    if (event.key === "Escape" && !isTyping) choose(-1);
  });

  // ---- Light, dark and paper.

  function recolour() {
    readColours();
    if (sigma) sigma.refresh();
    else if (document.documentElement.dataset.drawn) drawWithoutSigma();
    fillLegend();
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  const PAPER = { page: "#fff", text: "#000", soft: "#444", main: "#7a2fb5", direct: "#0b5fc4", other: "#47728f",
    replaced: "#9a5b00", retracted: "#c0182b", unselected: "#7b828c", decides: "#5b7ca8", asks: "#b9bec6", marked: "#d9480f" };
  addEventListener("beforeprint", () => {
    const screen = colours;
    colours = PAPER;
    byId("paper").replaceChildren(drawing(1380, 830));
    colours = screen;
  });
  addEventListener("afterprint", () => byId("paper").replaceChildren());

  readColours();
  if (innerWidth < 800) byId("legend").open = false;
  fillLegend();
  tellCounts();
  explain(-1);
  startPicture();
  // The size also changes without that of the window, as when the line of counts grows: sigma would not notice.
  new ResizeObserver(() => {
    if (sigma) { sigma.resize(); sigma.refresh(); } else drawWithoutSigma();
  }).observe(byId("picture"));
})();
