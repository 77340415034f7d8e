#pragma once
// What every HTML page of ours shares: one look, light and dark, nothing fetched; and texts of others that stay texts.
#include <string>
#include <string_view>

namespace ashlar {

/// A text of others as content or attribute value: visible() of it with what HTML would read replaced.
std::string escape_html(std::string_view text);
/// The `<style>` element.
std::string_view page_style();
/// A whole document: `title` is escaped, `body` goes in as it is.
std::string html_page(std::string_view title, std::string_view body);

}  // namespace ashlar
