#pragma once
// What the readers of feeds share: how a fault is placed, and what a name looks like.
#include <string>
#include <string_view>

#include "advisory/feeds.h"
#include "base/result.h"

namespace ashlar::advisory {

/// A feed's document has at most this many bytes.
constexpr size_t max_document = size_t{512} << 20;

/// `cannot read feed '<path>': byte 71 (line 3): <cause>`, Corrupt.
std::unexpected<Error> refused(const Document& document, size_t offset, std::string_view cause);
/// The same without a place: of the whole document.
std::unexpected<Error> refused(const Document& document, std::string_view cause);

/// The document as text; refused when it is too large, empty or no UTF-8.
Result<std::string_view> text_of(const Document& document);

/// `CVE-2024-6345`: a year, and four digits or more (the CVE programme's syntax of 2014).
bool is_cve(std::string_view text);
/// An advisory's identifier or a package's name: 1 to 200 printable characters without white space; `CVE-` begins nothing but a CVE.
bool is_name(std::string_view text);
/// The first line, its white space single, cut to 300 bytes at a character's end.
std::string one_line(std::string_view text);
/// Refused when the document says that it was made later than `settings.not_after` and a day; otherwise tells `intake` the date.
Done check_date(const Document& document, size_t offset, Time made, const FeedSettings& settings, Intake& intake);
/// A text in a message: its first 80 bytes.
std::string_view shown(std::string_view text);

}  // namespace ashlar::advisory
