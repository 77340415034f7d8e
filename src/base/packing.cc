#include "base/packing.h"

#include <fmt/format.h>

#include "base/digest.h"

namespace ashlar {

void Packer::number(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
  out_ += static_cast<char>(value);
}

void Packer::moment(const std::optional<Time>& time) {
  number(time ? 1 : 0);
  if (!time) return;
  const auto bits = static_cast<std::uint64_t>(time->seconds);
  number((bits << 1) ^ (time->seconds < 0 ? ~std::uint64_t{0} : 0));
}

void Packer::text(std::string_view text) {
  number(text.size());
  out_ += text;
}

void Packer::texts(const std::vector<std::string>& texts) {
  number(texts.size());
  for (const std::string& each : texts) text(each);
}

std::uint64_t Unpacker::number() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) break;
    const std::uint8_t byte = rest_.front();
    rest_ = rest_.subspan(1);
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return value;
  }
  sound_ = false;
  rest_ = {};
  return 0;
}

std::uint64_t Unpacker::count() {
  const std::uint64_t value = number();
  if (value <= rest_.size()) return value;
  sound_ = false;
  rest_ = {};
  return 0;
}

std::optional<Time> Unpacker::moment() {
  if (number() == 0) return std::nullopt;
  const std::uint64_t bits = number();
  return Time{static_cast<std::int64_t>(bits >> 1) ^ -static_cast<std::int64_t>(bits & 1)};
}

std::string_view Unpacker::view() {
  const auto size = static_cast<size_t>(count());
  const std::string_view out = as_text(rest_.first(size));
  rest_ = rest_.subspan(size);
  return out;
}

std::string Unpacker::text() { return std::string(view()); }

std::vector<std::string> Unpacker::texts() {
  std::vector<std::string> out(static_cast<size_t>(count()));
  for (std::string& each : out) each = text();
  return out;
}

std::string seal(std::string_view form, std::string_view body) {
  std::string out = fmt::format("{}\n", form);
  out += body;
  const Digest digest = Digest::of(out);
  out += as_text(digest.raw());
  return out;
}

Result<BytesView> unseal(std::string_view form, std::string_view record) {
  constexpr size_t sum = 32;
  const size_t front = form.size() + 1;
  const bool whole = record.size() >= front + sum && record.starts_with(form) && record[form.size()] == '\n' && as_text(Digest::of(record.substr(0, record.size() - sum)).raw()) == record.substr(record.size() - sum);
  if (!whole) return fail(Kind::Corrupt, fmt::format("it is no whole record of the form '{}'", form));
  return as_bytes(record.substr(front, record.size() - front - sum));
}

}  // namespace ashlar
