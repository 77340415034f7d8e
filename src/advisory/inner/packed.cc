#include "advisory/inner/packed.h"

namespace ashlar::advisory {

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
