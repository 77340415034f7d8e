#include "advisory/inner/packed.h"

namespace ashlar::advisory {

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

std::string Unpacker::text() {
  const auto size = static_cast<size_t>(count());
  std::string out(as_text(rest_.first(size)));
  rest_ = rest_.subspan(size);
  return out;
}

std::vector<std::string> Unpacker::texts() {
  std::vector<std::string> out(static_cast<size_t>(count()));
  for (std::string& each : out) each = text();
  return out;
}

std::string pack(const Advisory& advisory) {
  Packer out;
  out.text(advisory.id);
  out.texts(advisory.aliases);
  out.text(advisory.summary);
  out.moment(advisory.published);
  out.moment(advisory.modified);
  out.moment(advisory.withdrawn);
  out.number(advisory.ratings.size());
  for (const Rating& rating : advisory.ratings) {
    out.number(static_cast<std::uint64_t>(rating.severity));
    out.text(rating.by);
    out.text(rating.vector);
  }
  out.texts(advisory.references);
  return out.take();
}

Advisory unpack_advisory(Unpacker& from) {
  Advisory out{.id = from.text(), .aliases = from.texts(), .summary = from.text(), .published = from.moment(), .modified = from.moment(), .withdrawn = from.moment()};
  for (std::uint64_t left = from.number(); left > 0 && !from.at_end(); --left) {
    const std::uint64_t severity = from.number();
    out.ratings.push_back({severity <= static_cast<std::uint64_t>(Severity::Critical) ? static_cast<Severity>(severity) : Severity::Unknown, from.text(), from.text()});
  }
  out.references = from.texts();
  return out;
}

std::string pack(const Affected& affected) {
  Packer out;
  out.number(static_cast<std::uint64_t>(affected.grammar));
  out.number(static_cast<std::uint64_t>(affected.stance));
  out.number(affected.intervals.size());
  for (const Interval& interval : affected.intervals) {
    out.text(interval.introduced);
    out.text(interval.fixed);
    out.text(interval.last_affected);
  }
  out.texts(affected.versions);
  out.text(affected.urgency);
  out.text(affected.remark);
  out.texts(affected.symbols);
  return out.take();
}

Affected unpack_affected(Unpacker& from) {
  Affected out;
  out.grammar = static_cast<Grammar>(from.number());
  out.stance = static_cast<Stance>(from.number());
  for (std::uint64_t left = from.number(); left > 0 && !from.at_end(); --left) out.intervals.push_back({from.text(), from.text(), from.text()});
  out.versions = from.texts();
  out.urgency = from.text();
  out.remark = from.text();
  out.symbols = from.texts();
  return out;
}

}  // namespace ashlar::advisory
