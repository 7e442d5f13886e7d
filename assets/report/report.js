// What the page does beside being read: charts to hover, surfaces to turn, the experiment to copy. All numbers come from the
// JSON within the page. Whatever cannot be drawn here leaves tables and pictures, which need no script.
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("report-data").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  // Buttons are named one by one: the library has one that sends a chart to its maker's server.
  const config = (buttons) => ({
    responsive: true,
    displaylogo: false,
    scrollZoom: false,
    modeBarButtons: [buttons],
    plotlyServerURL: "",
    toImageButtonOptions: { format: "png", filename: "flatscape", scale: 2 },
  });
  const chartConfig = config(["toImage", "zoom2d", "pan2d", "autoScale2d"]);
  const surfaceConfig = config(["toImage", "tableRotation", "zoom3d", "pan3d", "resetCameraDefault3d"]);
  let isPrinting = false;

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const inks = () => (isPrinting ? { paper: "#fff", text: "#000", weak: "#333", grid: "#d0d5dd" } : { paper: css("--paper"), text: css("--text"), weak: css("--weak"), grid: css("--grid") });
  const colorOf = (run) => run.colors[dark.matches && !isPrinting ? 1 : 0];
  const font = (color) => ({ color, size: 13, family: "system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif" });

  // ---- Charts ----------------------------------------------------------------------------------------------------------

  const chosen = { axis: "step", isLog: true, hidden: new Set() };
  const isPositive = (value) => value !== null && value > 0;

  const placesOf = (chart, line) => (chart.x ? line.x : line[chosen.axis]);

  /// Areas of mean ± standard error, one for each stretch without a gap. Below the least value of the chart a logarithmic
  /// axis has no room for the lower edge.
  const bandsOf = (chart, line, run, floor) => {
    if (!line.error || line.marks) return [];
    const x = placesOf(chart, line);
    const stretches = [[]];
    line.y.forEach((y, i) => {
      const edge = line.error[i];
      const isThere = y !== null && edge !== null && x[i] !== null && (!isLog(chart) || (y > 0 && (!chart.x || x[i] > 0)));
      if (!isThere) stretches.push([]);
      else stretches[stretches.length - 1].push([x[i], isLog(chart) ? Math.max(y - edge, floor) : y - edge, y + edge]);
    });
    return stretches.filter((stretch) => stretch.length > 1).map((stretch) => ({
      type: "scatter", mode: "lines", hoverinfo: "skip",
      x: stretch.map((at) => at[0]).concat(stretch.map((at) => at[0]).reverse()),
      y: stretch.map((at) => at[2]).concat(stretch.map((at) => at[1]).reverse()),
      fill: "toself", fillcolor: colorOf(run) + "2e", line: { width: 0 },
    }));
  };

  const isLog = (chart) => chart.log && chosen.isLog;

  /// The least value or lower edge above zero.
  const floorOf = (chart) => {
    const edges = chart.lines.flatMap((line) => line.y.flatMap((y, i) => (y === null ? [] : [y, y - (line.error?.[i] ?? 0)])));
    return edges.filter(isPositive).reduce((least, edge) => Math.min(least, edge), Infinity);
  };

  const tracesOf = (chart) => {
    const floor = floorOf(chart);
    const shown = chart.lines.filter((line) => !chosen.hidden.has(line.run));
    const bands = shown.flatMap((line) => bandsOf(chart, line, data.runs[line.run], floor));
    return bands.concat(shown.map((line) => {
      const run = data.runs[line.run];
      const number = chart.percent ? "%{y:.2%}" : "%{y:.4g}";
      const error = line.error ? " ± %{customdata[1]:.2g}" : "";
      const at = chart.x ? `${chart.x.toLowerCase()} %{x:.4g}, step %{customdata[0]:,d}` : `${axisWords().toLowerCase()} %{x:,d}`;
      return {
        type: "scatter",
        mode: line.marks ? "markers" : chart.x ? "lines+markers" : "lines",
        name: run.name, connectgaps: false,
        x: placesOf(chart, line), y: isLog(chart) ? line.y.map((y) => (isPositive(y) ? y : null)) : line.y,
        customdata: line.step.map((step, i) => [step, line.error ? line.error[i] : null]),
        ...(line.marks && line.error ? { error_y: { type: "data", array: line.error, thickness: 1, width: 2, color: colorOf(run) } } : {}),
        line: { color: colorOf(run), dash: line.dash, width: 1.8 },
        marker: { color: colorOf(run), size: 5 },
        opacity: run.opacity,
        hovertemplate: `${line.label}: ${number}${error}<br>${at}`,
      };
    }));
  };

  /// Digits of numbers so small or large are hard to count.
  const isFarOut = (chart) => chart.lines.some((line) => line.y.some((y) => y !== null && y !== 0 && (Math.abs(y) < 1e-4 || Math.abs(y) >= 1e6)));

  /// Within so few decades labels at 2 and 5 have room.
  const isShort = (chart) => {
    const values = chart.lines.flatMap((line) => line.y.filter(isPositive));
    return Math.max(...values) / Math.min(...values) < 1e3;
  };

  const axisWords = () => data.axes[chosen.axis];

  /// Turns of knobs, as dashed lines across the charts.
  const shapesOf = (chart) => (chart.x ? [] : data.runs.filter((_, index) => !chosen.hidden.has(index)).flatMap((run) => run.edits.map((edit) => ({
    type: "line", xref: "x", yref: "paper", x0: edit[chosen.axis], x1: edit[chosen.axis], y0: 0, y1: 1,
    line: { color: colorOf(run), width: 1, dash: "dash" },
    label: { text: edit.words, textposition: "end", textangle: -90, yanchor: "top", font: { size: 10, color: colorOf(run) } },
  }))));

  const layoutOf = (chart) => {
    const ink = inks();
    const axis = (title, type) => ({
      title: { text: title, standoff: 8 }, type, gridcolor: ink.grid, linecolor: ink.grid, zeroline: false, automargin: true,
      exponentformat: isFarOut(chart) ? "power" : "none",
      ...(type === "log" ? { minorloglabels: "complete", dtick: isShort(chart) ? "D2" : undefined } : {}),
    });
    const y = axis(chart.y, isLog(chart) ? "log" : "linear");
    if (chart.percent) y.tickformat = ".3~%";
    return {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: font(ink.text),
      margin: { l: 60, r: 12, t: 30, b: 48 }, hovermode: "closest", dragmode: "zoom", showlegend: false,
      modebar: { bgcolor: "rgba(0,0,0,0)", color: ink.weak, activecolor: ink.text },
      hoverlabel: { bgcolor: ink.paper, bordercolor: ink.weak, font: font(ink.text), namelength: -1 },
      xaxis: axis(chart.x ?? axisWords(), chart.x && isLog(chart) ? "log" : "linear"), yaxis: y,
      shapes: shapesOf(chart),
    };
  };

  /// Points that a logarithmic axis has no place for are counted below the chart.
  const tellMissing = (chart) => {
    const isMissing = (line, y, i) => y !== null && (y <= 0 || (chart.x && !isPositive(line.x[i])));
    const count = chart.lines.reduce((sum, line) => sum + line.y.filter((y, i) => isMissing(line, y, i)).length, 0);
    const told = byId(`missing-${chart.id}`);
    told.textContent = isLog(chart) && count > 0
      ? `${count === 1 ? "1 point that is" : `${count} points that are`} not above 0 cannot stand on a logarithmic axis: choose the linear one to see ${count === 1 ? "it" : "them"}.` : "";
  };

  const plotOf = (chart) => byId(`chart-${chart.id}`);

  /// A part of the steps that is chosen in one chart is chosen in all that have them.
  let isLinking = false;
  const link = async (chart, change) => {
    if (chart.x || isLinking) return;
    const range = change["xaxis.range"] ?? [change["xaxis.range[0]"], change["xaxis.range[1]"]];
    const isWhole = change["xaxis.autorange"];
    if (!isWhole && range[0] === undefined) return;
    isLinking = true;
    const update = isWhole ? { "xaxis.autorange": true } : { "xaxis.range": range };
    await Promise.all(data.charts.filter((other) => other !== chart && !other.x).map((other) => Plotly.relayout(plotOf(other), update)));
    isLinking = false;
  };

  const drawCharts = () => Promise.all(data.charts.map((chart) => {
    tellMissing(chart);
    return Plotly.react(plotOf(chart), tracesOf(chart), layoutOf(chart), chartConfig);
  }));

  const beginCharts = async () => {
    await drawCharts();
    for (const chart of data.charts) plotOf(chart).on("plotly_relayout", (change) => link(chart, change));
    const controls = byId("chart-controls");
    if (!controls) return;
    controls.querySelector(".controls").hidden = false;
    controls.addEventListener("change", () => {
      chosen.axis = controls.elements.axis.value;
      chosen.isLog = controls.elements.log.checked;
      chosen.hidden = new Set([...controls.querySelectorAll("[data-run]")].filter((box) => !box.checked).map((box) => Number(box.dataset.run)));
      drawCharts();
    });
  };

  // ---- Surfaces --------------------------------------------------------------------------------------------------------

  const eyes = { corner: { x: 1.55, y: -1.75, z: 1.2 }, top: { x: 0, y: -0.01, z: 2.2 }, front: { x: 0, y: -2.2, z: 0.45 } };
  const surfaceOf = (index) => byId(`surface-${index}`);

  const surfaceTraces = (slice) => {
    const scale = data.scale;
    const logs = slice.loss.map((row) => row.map((loss) => (loss === null ? null : Math.log10(Math.max(loss, scale.floor)))));
    const hover = `${slice.axes[0]} %{x:.3g}<br>${slice.axes[1]} %{y:.3g}<br>loss %{customdata:.4g}<extra></extra>`;
    const surface = {
      type: "surface", x: slice.x, y: slice.y, z: logs, customdata: slice.loss, connectgaps: false, showscale: false,
      surfacecolor: logs, cmin: scale.low, cmax: scale.high, colorscale: scale.colors, hovertemplate: hover,
      lighting: { ambient: 0.75, diffuse: 0.45, specular: 0.06, roughness: 0.9 },
    };
    const path = slice.path;
    const raised = (loss) => (loss === null ? null : Math.log10(Math.max(loss, scale.floor)) + 0.01 * (scale.high - scale.low));
    const line = {
      type: "scatter3d", mode: "lines+markers", x: path.x, y: path.y, z: path.loss.map(raised),
      line: { color: "#ffffff", width: 4 }, marker: { size: 2.5, color: "#111111" }, showlegend: false,
      customdata: path.step.map((step, i) => [step, path.loss[i], path.distance[i]]),
      hovertemplate: "step %{customdata[0]:,d}<br>true loss %{customdata[1]:.4g}<br>%{customdata[2]:.3g} away from the plane<extra></extra>",
    };
    return path.x.length > 0 ? [surface, line] : [surface];
  };

  const surfaceLayout = (slice, eye) => {
    const ink = inks();
    const axis = (title, more) => ({ title: { text: title, font: font(ink.text) }, gridcolor: ink.grid, color: ink.weak, backgroundcolor: "rgba(0,0,0,0)", showspikes: false, ...more });
    const scale = data.scale;
    const ends = (axis) => [axis[0], axis.at(-1)];
    return {
      paper_bgcolor: "rgba(0,0,0,0)", font: { ...font(ink.text), size: 11 }, modebar: { bgcolor: "rgba(0,0,0,0)", color: ink.weak, activecolor: ink.text },
      margin: { l: 0, r: 0, t: 0, b: 0 }, showlegend: false,
      hoverlabel: { bgcolor: ink.paper, bordercolor: ink.weak, font: font(ink.text) },
      scene: {
        xaxis: axis(slice.axes[0], { range: ends(slice.x) }), yaxis: axis(slice.axes[1], { range: ends(slice.y) }),
        zaxis: axis("loss", { range: [scale.low, scale.high], tickvals: scale.ticks.map((tick) => tick[0]), ticktext: scale.ticks.map((tick) => tick[1]) }),
        aspectmode: "manual", aspectratio: { x: 1, y: 1, z: 0.65 }, camera: { eye, center: { x: 0, y: 0, z: -0.15 } }, dragmode: "turntable",
      },
    };
  };

  const hasWebGl = () => {
    try {
      const canvas = document.createElement("canvas");
      return Boolean(canvas.getContext("webgl2") ?? canvas.getContext("webgl"));
    } catch {
      return false;
    }
  };

  const shown = () => data.slices.slice(0, data.surfaces);
  const cameraOf = (plot) => plot.layout.scene.camera;

  /// All surfaces are seen from the same place.
  let isTurning = false;
  const turnAll = async (camera, except) => {
    if (isTurning) return;
    isTurning = true;
    await Promise.all(shown().map((_, index) => index).filter((index) => index !== except)
      .map((index) => Plotly.relayout(surfaceOf(index), { "scene.camera": structuredClone(camera) })));
    isTurning = false;
  };

  /// Arrow keys turn, plus and minus come nearer and go away.
  const turnByKey = (event, plot) => {
    const turns = { ArrowLeft: [-0.15, 0, 1], ArrowRight: [0.15, 0, 1], ArrowUp: [0, 0.1, 1], ArrowDown: [0, -0.1, 1], "+": [0, 0, 0.9], "-": [0, 0, 1 / 0.9] };
    const turn = turns[event.key];
    if (!turn) return;
    event.preventDefault();
    const { x, y, z } = cameraOf(plot).eye;
    const distance = Math.hypot(x, y, z) * turn[2];
    const around = Math.atan2(y, x) + turn[0];
    const up = Math.min(1.55, Math.max(-0.3, Math.asin(z / Math.hypot(x, y, z)) + turn[1]));
    const eye = { x: distance * Math.cos(up) * Math.cos(around), y: distance * Math.cos(up) * Math.sin(around), z: distance * Math.sin(up) };
    turnAll({ ...cameraOf(plot), eye });
  };

  const drawSurfaces = () => Promise.all(shown().map((slice, index) => {
    const plot = surfaceOf(index);
    const eye = plot.layout ? cameraOf(plot).eye : eyes.corner;
    return Plotly.react(plot, surfaceTraces(slice), surfaceLayout(slice, eye), surfaceConfig);
  }));

  const beginSurfaces = async () => {
    if (data.surfaces === 0) return;
    if (!hasWebGl()) {
      byId("surfaces").hidden = true;
      byId("no-webgl").hidden = false;
      return;
    }
    await drawSurfaces();
    shown().forEach((_, index) => {
      const plot = surfaceOf(index);
      let isAwaited = false;
      const follow = (change) => {
        if (!change["scene.camera"] || isTurning || isAwaited) return;
        isAwaited = true;
        requestAnimationFrame(() => {
          isAwaited = false;
          turnAll(cameraOf(plot), index);
        });
      };
      plot.on("plotly_relayouting", follow);
      plot.on("plotly_relayout", follow);
      plot.addEventListener("keydown", (event) => turnByKey(event, plot));
    });
    const controls = byId("surface-controls");
    controls.hidden = false;
    controls.addEventListener("click", (event) => {
      const eye = eyes[event.target.dataset.eye];
      if (eye) turnAll({ ...cameraOf(surfaceOf(0)), eye });
    });
  };

  // ---- The page --------------------------------------------------------------------------------------------------------

  const copy = async (button) => {
    const source = byId(button.dataset.copies);
    const told = button.nextElementSibling;
    try {
      await navigator.clipboard.writeText(source.textContent);
      told.textContent = "Copied.";
    } catch {
      // A page in a file may not reach the clipboard; what is selected can be copied by hand.
      getSelection().selectAllChildren(source);
      told.textContent = document.execCommand("copy") ? "Copied." : "Selected: copy it with the keyboard.";
    }
  };

  const beginButtons = () => {
    for (const button of document.querySelectorAll("button[data-copies]")) {
      button.hidden = false;
      button.addEventListener("click", () => copy(button));
    }
  };

  /// Paper is white and narrow, and folds cannot be opened there.
  const print = (isBegin) => {
    isPrinting = isBegin;
    for (const fold of document.querySelectorAll("details")) {
      if (isBegin) fold.dataset.wasOpen = fold.open;
      fold.open = isBegin || fold.dataset.wasOpen === "true";
    }
    for (const chart of data.charts) {
      const size = isBegin ? { width: 660, height: 330, autosize: false } : { autosize: true };
      Plotly.react(plotOf(chart), tracesOf(chart), { ...layoutOf(chart), ...size }, chartConfig);
    }
  };

  const begin = async () => {
    beginButtons();
    await beginCharts();
    await beginSurfaces();
    dark.addEventListener("change", () => {
      drawCharts();
      if (!byId("surfaces")?.hidden && data.surfaces > 0) drawSurfaces();
    });
    addEventListener("beforeprint", () => print(true));
    addEventListener("afterprint", () => print(false));
    document.documentElement.dataset.drawn = "yes";
  };

  begin();
})();
