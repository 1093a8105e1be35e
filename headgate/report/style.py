"""How a report looks, on a screen and on paper."""

CSS = """
:root { --ink: #1c2430; --soft: #5b6675; --line: #dde2e8; --tint: #f5f7f9; --accent: #23527c; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 62rem; color: var(--ink);
  background: #fff; font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
header { border-bottom: 2px solid var(--accent); padding-bottom: 1rem; }
h1 { margin: 0; font-size: 1.8rem; line-height: 1.2; }
h3 { margin: 1.4rem 0 .4rem; font-size: .95rem; }
h2 { margin: 2.4rem 0 .7rem; font-size: 1.15rem; color: var(--accent); }
p { margin: .4rem 0 .8rem; max-width: 46rem; }
header p { color: var(--soft); margin: .3rem 0 0; overflow-wrap: anywhere; }
.cards { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1.4rem 0 0; }
.card { flex: 1 1 11rem; padding: .8rem 1rem; background: var(--tint); border-radius: 6px;
  border: 1px solid var(--line); }
.card b { display: block; font-size: 1.45rem; line-height: 1.3; font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere; }
.card span { color: var(--soft); font-size: .85rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; min-width: 22rem; font-variant-numeric: tabular-nums; }
th, td { padding: .34rem 1.1rem .34rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: 600; font-size: .85rem; white-space: nowrap; }
th.n, td.n { text-align: right; }
td.n { white-space: nowrap; }
dl { display: grid; grid-template-columns: minmax(9rem, max-content) 1fr; gap: .25rem 1.4rem;
  margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
.figures { display: grid; gap: 1.2rem; margin: 0 0 1.2rem;
  grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr)); }
figure { margin: 0 0 1.2rem; }
.figures figure { margin: 0; }
img { width: 100%; max-width: 44rem; height: auto; }
.figures img { max-width: 30rem; }
figcaption { color: var(--soft); font-size: .85rem; }
@media print {
  body { max-width: none; padding: 0; font-size: 11px; }
  section, figure, tr { break-inside: avoid; }
  h2 { break-after: avoid; }
  .scroll { overflow: visible; }
}
"""
