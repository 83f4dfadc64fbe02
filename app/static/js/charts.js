// Draws each figure with data-chart from the cells of its own table. Linked only by pages that have charts.
{
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(name).trim();
  const text = (cell) => cell.textContent.trim();
  const number = (cell) => Number(text(cell).replaceAll(",", ""));
  let colours = [];
  const shown = new Intl.NumberFormat("en-GB");

  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;
  Chart.defaults.font = { family: getComputedStyle(document.body).fontFamily, size: 13 };

  const read = (table) => ({
    names: [...table.tHead.rows[0].cells].slice(1).map(text),
    labels: [...table.tBodies[0].rows].map((row) => text(row.cells[0])),
    columns: [...table.tHead.rows[0].cells].slice(1).map((_, index) =>
      [...table.tBodies[0].rows].map((row) => number(row.cells[index + 1]))),
  });

  // The number at the end of each bar, so that nothing has to be pointed at to be read.
  const ends = {
    id: "ends",
    afterDatasetsDraw: (chart) => {
      const { ctx } = chart;
      ctx.save();
      ctx.fillStyle = token("--cms-chart-text");
      ctx.font = `600 13px ${Chart.defaults.font.family}`;
      ctx.textBaseline = "middle";
      chart.getDatasetMeta(0).data.forEach((bar, index) => {
        ctx.fillText(shown.format(chart.data.datasets[0].data[index]), bar.x + 8, bar.y);
      });
      ctx.restore();
    },
  };

  // On a phone a label of several words takes several lines.
  function lines(_, index) {
    const label = this.getLabelForValue(index);
    return this.chart.width < 400 && label.length > 14 ? label.split(" ") : label;
  }

  const kinds = {
    bars: ({ names, labels, columns }) => ({
      type: "bar",
      data: { labels, datasets: [{ label: names[0], data: columns[0], backgroundColor: colours[0], maxBarThickness: 24 }] },
      options: {
        indexAxis: "y",
        layout: { padding: { right: 56 } },
        scales: {
          x: { display: false, beginAtZero: true },
          y: { grid: { display: false }, border: { display: false }, ticks: { color: token("--cms-chart-text"), callback: lines } },
        },
        plugins: { legend: { display: false }, tooltip: { enabled: false } },
      },
      plugins: [ends],
    }),
    lines: ({ names, labels, columns }) => ({
      type: "line",
      data: {
        labels: labels.map((label) => label.replace(/ \d{4}$/, "")),
        datasets: columns.map((data, index) => ({
          label: names[index], data, borderColor: colours[index], backgroundColor: colours[index], borderWidth: 2,
          // Told apart by shape and dash as well as by colour.
          pointStyle: ["circle", "rectRot"][index], pointRadius: 4, borderDash: index ? [6, 4] : [],
        })),
      },
      options: {
        interaction: { mode: "index", intersect: false },
        scales: {
          x: { grid: { display: false }, ticks: { maxRotation: 0, autoSkipPadding: 16 } },
          y: { beginAtZero: true, border: { display: false }, ticks: { precision: 0, maxTicksLimit: 6 } },
        },
        plugins: {
          legend: { align: "start", labels: { usePointStyle: true, boxHeight: 8, color: token("--cms-chart-text") } },
          tooltip: { callbacks: { title: (items) => `Week of ${labels[items[0].dataIndex]}` } },
        },
      },
    }),
  };

  const drawn = [];
  function draw() {
    colours = ["--cms-chart-1", "--cms-chart-2"].map(token);
    Chart.defaults.color = token("--cms-quiet");
    Chart.defaults.borderColor = token("--cms-chart-grid");
    for (const chart of drawn.splice(0)) chart.destroy();
    for (const figure of document.querySelectorAll("[data-chart]")) {
      drawn.push(new Chart(figure.querySelector("canvas"), kinds[figure.dataset.chart](read(figure.querySelector("table")))));
    }
  }

  draw();
  // Whoever follows their system may be here when it goes dark in the evening.
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}
