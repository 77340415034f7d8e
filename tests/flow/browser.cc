#include "browser.h"

#include <fmt/format.h>

namespace ashlar::flow {
namespace {

/// Measures the page in a frame, and writes down what it found as one word.
constexpr std::string_view harness = R"(<!doctype html><meta charset="utf-8"><iframe id="page" width="{}" height="900" src="file://{}"></iframe><pre id="seen"></pre>
<script>
onload = () => {{
  const page = document.getElementById("page").contentDocument, root = page.documentElement;
  const within = (a, b) => a.width > 0 && a.left >= b.left - 1 && a.right <= b.right + 1 && a.top >= b.top - 1 && a.bottom <= b.bottom + 1;
  const charts = [...page.querySelectorAll("svg")].map(svg => {{
    const box = svg.getBoundingClientRect();
    return {{id: svg.getAttribute("aria-labelledby"), width: box.width, height: box.height, outside: [...svg.querySelectorAll("text")].filter(each => !within(each.getBoundingClientRect(), box)).map(each => each.textContent)}};
  }});
  page.querySelectorAll("details").forEach(each => each.open = true);
  const tables = [...page.querySelectorAll("table")].map(each => ({{id: each.id, rows: each.rows.length, width: each.getBoundingClientRect().width, empty: [...each.querySelectorAll("th")].filter(head => head.getBoundingClientRect().width === 0).length}}));
  document.getElementById("seen").textContent = encodeURIComponent(JSON.stringify({{overflow: root.scrollWidth - root.clientWidth, charts, tables, text: page.body.innerText}}));
}};
</script>
)";

std::string plain(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%' || at + 2 >= text.size()) out += text[at];
    else out += static_cast<char>(std::stoi(std::string(text.substr(at + 1, 2)), nullptr, 16)), at += 2;
  }
  return out;
}

}  // namespace

Ran dumped_dom(const Stage& stage, const std::string& page) {
  // No name resolves, so that whatever it asked for would fail; the page is whole without.
  return stage.run({"chromium", "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files", "--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir=profile", "--virtual-time-budget=5000", "--dump-dom", "file://" + page});
}

Json laid_out(const Stage& stage, const std::string& page, int width) {
  stage.write("harness.html", fmt::format(harness, width, page));
  const Ran ran = dumped_dom(stage, (stage.folder() / "harness.html").string());
  const std::string begin = "<pre id=\"seen\">";
  const size_t from = ran.out.find(begin), to = ran.out.find("</pre>", from);
  if (from == std::string::npos || to == std::string::npos) return ADD_FAILURE() << "the browser says nothing of '" << page << "': " << ran.told, Json();
  return Json::parse(plain(std::string_view(ran.out).substr(from + begin.size(), to - from - begin.size())), nullptr, false);
}

}  // namespace ashlar::flow
