#include "ledger/event.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::ledger {
namespace {

constexpr std::array<std::string_view, 16> names = {"published", "fix-available", "first-seen", "assessed", "rebuilt", "tested", "promoted", "rolled-back",
                                                    "deployed",  "excepted",      "rescored",   "reopened", "closed",  "paused", "resumed",  "noted"};

/// A JSON text as RFC 8259 asks for it and no more (section 7): quotes, backslashes and control characters are escaped, the latter by their short form where they have one.
void quote(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (byte >= 0x20) out += c;
        else out.append("\\u00").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
    }
  }
  out += '"';
}

void member(std::string& out, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  out += out.size() == 1 ? "\"" : ",\"";
  out.append(key).append("\":");
  quote(out, value);
}

/// Reads what canonical() writes, and more than that: whoever calls compares.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool entry(Entry& out) {
    Event& event = out.event;
    return object([&](const std::string& key) {
      std::string text;
      if (key == "facts") return object([&](const std::string& name) { return string(event.facts[name]); });
      if (key == "number") return number(out.number);
      if (!string(text)) return false;
      if (key == "at") return time(text, event.at);
      if (key == "recorded") return time(text, out.recorded);
      if (key == "kind") return kind(text, event.kind);
      std::string* const to = key == "by" ? &event.by : key == "digest" ? &event.digest : key == "environment" ? &event.environment : key == "image" ? &event.image : key == "package" ? &event.package : key == "vulnerability" ? &event.vulnerability : nullptr;
      if (to == nullptr) return false;
      *to = std::move(text);
      return true;
    }) && rest_.empty();
  }

 private:
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool object(auto&& each) {
    if (!take('{')) return false;
    if (take('}')) return true;
    std::string key;
    do {
      if (key.clear(), !string(key) || !take(':') || !each(key)) return false;
    } while (take(','));
    return take('}');
  }
  bool string(std::string& out) {
    if (!take('"')) return false;
    for (;;) {
      const size_t end = rest_.find_first_of("\"\\");
      if (end == std::string_view::npos) return false;
      out.append(rest_.substr(0, end));
      const bool closed = rest_[end] == '"';
      rest_.remove_prefix(end + 1);
      if (closed) return true;
      if (!escape(out)) return false;
    }
  }
  bool escape(std::string& out) {
    constexpr std::string_view letters = "\"\\bfnrt", means = "\"\\\b\f\n\r\t";
    if (rest_.empty()) return false;
    const char letter = rest_.front();
    rest_.remove_prefix(1);
    if (const size_t at = letters.find(letter); at != std::string_view::npos) return out += means[at], true;
    unsigned value = 0;
    if (letter != 'u' || rest_.size() < 4 || std::from_chars(rest_.data(), rest_.data() + 4, value, 16).ptr != rest_.data() + 4 || value >= 0x20) return false;
    rest_.remove_prefix(4);
    return out += static_cast<char>(value), true;
  }
  bool number(std::uint64_t& out) {
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), out);
    if (error != std::errc{}) return false;
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    return true;
  }
  static bool time(std::string_view text, Time& out) {
    auto read = Time::parse(text);
    if (read) out = *read;
    return read.has_value();
  }
  static bool kind(std::string_view text, Kind& out) {
    const auto read = parse_kind(text);
    if (read) out = *read;
    return read.has_value();
  }

  std::string_view rest_;
};

}  // namespace

std::string_view to_string(Kind kind) { return names[static_cast<size_t>(kind)]; }

std::string Event::fact(const std::string& name) const {
  const auto found = facts.find(name);
  return found == facts.end() ? std::string() : found->second;
}

Result<Kind> parse_kind(std::string_view text) {
  if (const auto at = std::ranges::find(names, text); at != names.end()) return static_cast<Kind>(at - names.begin());
  const std::string near = nearest(text, names);
  return cannot(ashlar::Kind::Invalid, fmt::format("read '{}' as a kind of event", visible(text.substr(0, 60))), near.empty() ? fmt::format("the kinds are {}", fmt::join(names, ", ")) : fmt::format("did you mean '{}'?", near));
}

Done check(const Event& event) {
  const auto refuse = [&](std::string_view cause) { return cannot(ashlar::Kind::Invalid, fmt::format("record an event '{}'", to_string(event.kind)), cause); };
  if (const auto back = Time::parse(event.at.str()); !back || *back != event.at) return refuse("its time is outside of the years 0 to 9999");
  size_t size = 256;
  for (const std::string* each : {&event.image, &event.digest, &event.vulnerability, &event.package, &event.environment, &event.by}) {
    if (!is_utf8(*each)) return refuse(fmt::format("'{}' is no UTF-8", visible(*each)));
    size += each->size();
  }
  for (const auto& [name, value] : event.facts) {
    if (name.empty()) return refuse("a fact has no name");
    if (!is_utf8(name) || !is_utf8(value)) return refuse(fmt::format("its fact '{}' is no UTF-8", visible(name)));
    size += name.size() + value.size() + 8;
  }
  if (size > max_entry || (size * 6 > max_entry && canonical(event, ~std::uint64_t{0}, event.at).size() > max_entry)) return refuse(fmt::format("it has more than {} bytes", max_entry));
  return {};
}

std::string canonical(const Event& event, std::uint64_t number, Time recorded) {
  std::string out = "{";
  out.reserve(320);
  member(out, "at", event.at.str());
  member(out, "by", event.by);
  member(out, "digest", event.digest);
  member(out, "environment", event.environment);
  if (!event.facts.empty()) {
    out += ",\"facts\":{";
    for (bool first = true; const auto& [name, value] : event.facts) {
      if (!std::exchange(first, false)) out += ',';
      quote(out, name);
      out += ':';
      quote(out, value);
    }
    out += '}';
  }
  member(out, "image", event.image);
  member(out, "kind", to_string(event.kind));
  out.append(",\"number\":").append(std::to_string(number));
  member(out, "package", event.package);
  member(out, "recorded", recorded.str());
  member(out, "vulnerability", event.vulnerability);
  out += '}';
  return out;
}

Result<Entry> read_canonical(std::string_view text) {
  Entry out;
  if (text.size() <= max_entry && Reader(text).entry(out) && canonical(out.event, out.number, out.recorded) == text) return out;
  return cannot(ashlar::Kind::Corrupt, fmt::format("read the event '{}'", visible(text.substr(0, 80))), "it is not in the form of docs/formats/ledger.md");
}

Digest first_chain() { return Digest::of("https://ashlar.dev/ledger/v1"); }
Digest next_chain(const Digest& before, std::string_view canonical) { return Hasher().update(before.raw()).update(canonical).finish(); }

}  // namespace ashlar::ledger
