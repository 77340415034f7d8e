#include "base/html.h"

#include "base/text.h"

namespace ashlar {

std::string_view page_style() {
  static constexpr std::string_view style = R"(<style>
:root{color-scheme:light dark;--line:#cbd5e1;--soft:#f1f5f9;--ink:#0f172a;--paper:#fff}
@media (prefers-color-scheme:dark){:root{--line:#334155;--soft:#1e293b;--ink:#e2e8f0;--paper:#0f172a}}
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:var(--ink);background:var(--paper)}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}code,td.id{font-family:ui-monospace,monospace;font-size:.9em}
.verdict{display:inline-block;padding:.2rem .8rem;border-radius:.4rem;color:#fff;font-weight:600}.clean{background:#15803d}.affected{background:#b91c1c}.unknown{background:#6d28d9}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}th{background:var(--soft)}
.sev{padding:0 .4rem;border-radius:.3rem;color:#fff;white-space:nowrap}details>summary{cursor:pointer}ul.causes{border-left:4px solid #6d28d9;padding-left:1.5rem}
.charts{display:flex;flex-wrap:wrap;gap:2rem}figure{margin:0}figcaption{font-weight:600}svg text{fill:var(--ink);font:13px system-ui,sans-serif}.done td{opacity:.6}
body,td,th{overflow-wrap:break-word}svg{max-width:100%;height:auto}
@media (max-width:40rem){body{margin:1rem auto}table{display:block;overflow-x:auto}.charts{gap:1rem}figure{max-width:100%}}
</style>)";
  return style;
}

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : visible(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string html_page(std::string_view title, std::string_view body) {
  std::string out = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>" + escape_html(title) + "</title>\n";
  out.append(page_style()).append("\n</head><body>\n").append(body);
  return out + "</body></html>\n";
}

}  // namespace ashlar
