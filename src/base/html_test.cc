#include "base/html.h"

#include <gtest/gtest.h>

namespace ashlar {
namespace {

TEST(Html, TextsStayTexts) {
  const struct { const char *summary, *text, *html; } rows[] = {
      {"plain", "zlib1g 1.3", "zlib1g 1.3"},
      {"an element", "<script>x</script>", "&lt;script&gt;x&lt;/script&gt;"},
      {"an attribute's end", "\" onload='x'", "&quot; onload=&#39;x&#39;"},
      {"an entity", "&amp;", "&amp;amp;"},
      {"what moves a cursor", "\x1b[2J", "\\x1b[2J"},
      {"other letters", "\xc3\xa9", "\xc3\xa9"},
      {"no UTF-8", "\xff", "\\xff"},
  };
  for (const auto& row : rows) EXPECT_EQ(escape_html(row.text), row.html) << row.summary;
}

TEST(Html, APageHasAllOfIt) {
  const std::string page = html_page("a <b>", "<p>x</p>\n");
  EXPECT_TRUE(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">")) << page;
  EXPECT_NE(page.find("<title>a &lt;b&gt;</title>"), std::string::npos);
  EXPECT_NE(page.find("prefers-color-scheme:dark"), std::string::npos);
  EXPECT_TRUE(page.ends_with("<body>\n<p>x</p>\n</body></html>\n")) << page;
  for (const char* outside : {"http://", "https://", "<script", "@import", "url("}) EXPECT_EQ(page.find(outside), std::string::npos) << outside;
}

}  // namespace
}  // namespace ashlar
