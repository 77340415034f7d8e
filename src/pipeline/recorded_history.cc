#include "pipeline/recorded_history.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/codec.h"
#include "base/json.h"
#include "base/text.h"
#include "deb/version.h"

namespace ashlar::pipeline {
namespace {

constexpr size_t most_text = 1024;  // bytes of a member

struct Form {
  FactKind kind;
  std::string_view name;
  std::vector<std::string_view> required, optional;  // beside `at` and `kind`
};

const std::vector<Form>& forms() {
  static const std::vector<Form> table = {
      {FactKind::Image, "image", {"name", "release", "sources"}, {}},
      {FactKind::Version, "version", {"release", "archive", "source", "version"}, {"security"}},
      {FactKind::Broken, "broken", {"release", "source", "version", "reason"}, {}},
      {FactKind::Advisory, "advisory", {"id", "source", "fixed_in"}, {"release", "severity"}},
      {FactKind::Rescored, "rescored", {"id", "severity"}, {}},
      {FactKind::Kev, "kev", {"id"}, {"due"}},
      {FactKind::Assessed, "assessed", {"id", "status", "reason"}, {"image", "source", "until"}},
      {FactKind::Withdrawn, "withdrawn", {"id"}, {"source"}},
  };
  return table;
}

Done check_version(const std::string& text) {
  if (auto version = deb::Version::parse(text); !version) return std::unexpected(std::move(version).error());
  return {};
}

Result<advisory::Severity> severity_of(const std::string& word) {
  if (word == "unrated") return advisory::Severity::Unknown;
  for (const auto each : {advisory::Severity::Critical, advisory::Severity::High, advisory::Severity::Medium, advisory::Severity::Low, advisory::Severity::Negligible}) {
    if (word == advisory::to_string(each)) return each;
  }
  return fail(Kind::Invalid, fmt::format("'severity' is none: '{}'", visible(word)));
}

Result<scan::Status> status_of(const std::string& word) {
  for (const auto each : {scan::Status::Affected, scan::Status::NotAffected, scan::Status::UnderInvestigation, scan::Status::Excepted}) {
    if (word == scan::to_string(each)) return each;
  }
  return fail(Kind::Invalid, fmt::format("'status' is none of affected, not_affected, under_investigation and excepted: '{}'", visible(word)));
}

/// A text that says something.
Result<std::string> text_of(const Json& value, std::string_view key) {
  if (!value.is_string()) return fail(Kind::Invalid, fmt::format("'{}' is no text", key));
  auto out = value.get<std::string>();
  if (trim(out).empty() || out.size() > most_text) return fail(Kind::Invalid, fmt::format("'{}' is empty or over {} bytes", key, most_text));
  return out;
}

Result<Time> time_of(const Json& value, std::string_view key) {
  TRY_ASSIGN(const std::string text, text_of(value, key));
  auto out = Time::parse(text);
  return out ? out : fail(Kind::Invalid, fmt::format("'{}' is no time: '{}'", key, visible(text)));
}

Result<std::map<std::string, std::string>> sources_of(const Json& value) {
  if (!value.is_object() || value.empty()) return fail(Kind::Invalid, "'sources' names no source package");
  std::map<std::string, std::string> out;
  for (const auto& [source, version] : value.items()) {
    TRY_ASSIGN(std::string text, text_of(version, "sources"));
    TRY(check_version(text));
    if (source.empty()) return fail(Kind::Invalid, "'sources' has a package without a name");
    out.emplace(source, std::move(text));
  }
  return out;
}

Done read_member(std::string_view key, const Json& value, Fact& out) {
  if (key == "sources") {
    TRY_ASSIGN(out.sources, sources_of(value));
    return {};
  }
  if (key == "security") {
    if (!value.is_boolean()) return fail(Kind::Invalid, "'security' is neither true nor false");
    out.security = value.get<bool>();
    return {};
  }
  if (key == "fixed_in" && value.is_null()) return {};
  if (key == "until" || key == "due") {
    TRY_ASSIGN(out.until, time_of(value, key));
    return {};
  }
  TRY_ASSIGN(std::string text, text_of(value, key));
  if (key == "severity") {
    TRY_ASSIGN(out.severity, severity_of(text));
  } else if (key == "status") {
    TRY_ASSIGN(out.status, status_of(text));
  } else if (key == "version" || key == "fixed_in") {
    TRY(check_version(text));
    out.version = std::move(text);
  } else {
    (key == "name" || key == "image" ? out.image : key == "release" ? out.release : key == "id" ? out.id : key == "source" ? out.source : key == "archive" ? out.archive : out.reason) = std::move(text);
  }
  return {};
}

Result<Fact> read_fact(const Json& json) {
  if (!json.is_object()) return fail(Kind::Corrupt, "it is no object");
  TRY_ASSIGN(const std::string word, get_string(json, "kind"));
  const auto form = std::ranges::find(forms(), word, &Form::name);
  if (form == forms().end()) return fail(Kind::Invalid, fmt::format("'kind' is none: '{}'", visible(word)));
  if (!json.contains("at")) return fail(Kind::Invalid, "it has no 'at'");
  for (const std::string_view key : form->required) {
    if (!json.contains(key)) return fail(Kind::Invalid, fmt::format("it has no '{}'", key));
  }
  Fact out{.kind = form->kind};
  for (const auto& [key, value] : json.items()) {
    if (key == "kind") continue;
    if (key == "at") {
      TRY_ASSIGN(out.at, time_of(value, key));
      continue;
    }
    const auto is = [&](std::string_view each) { return each == key; };
    if (std::ranges::none_of(form->required, is) && std::ranges::none_of(form->optional, is)) return fail(Kind::Invalid, fmt::format("a fact of kind '{}' has no '{}'", word, visible(key)));
    TRY(read_member(key, value, out));
  }
  if (out.status == scan::Status::Excepted && !out.until) return fail(Kind::Invalid, "an exception has no end: 'until'");
  return out;
}

}  // namespace

std::string_view to_string(FactKind kind) { return std::ranges::find(forms(), kind, &Form::kind)->name; }

Result<RecordedHistory> read_recorded_history(Source& lines, const std::string& path) {
  const std::string what = fmt::format("read history '{}'", path);
  RecordedHistory out;
  std::string rest;
  size_t number = 0;
  const auto take = [&](std::string_view line) -> Done {
    ++number;
    if (trim(line).empty()) return {};
    if (out.size() == max_facts) return cannot(Kind::Invalid, what, fmt::format("it has more than {} facts", max_facts));
    auto json = line.size() > max_fact ? Result<Json>(fail(Kind::Corrupt, fmt::format("it has more than {} bytes", max_fact))) : parse_json(line, path);
    auto fact = json ? read_fact(*json) : Result<Fact>(std::unexpected(std::move(json).error()));
    if (!fact) return cannot(fact.error().kind, what, fmt::format("line {}: {}", number, fact.error().message));
    out.push_back(std::move(*fact));
    return {};
  };
  std::array<std::uint8_t, size_t{64} << 10> buffer{};
  for (;;) {
    auto count = lines.read(buffer);
    if (!count) return cannot(what, std::move(count).error());
    if (*count == 0) break;
    rest.append(as_text(BytesView(buffer).first(*count)));
    size_t begin = 0;
    for (size_t end = rest.find('\n'); end != std::string::npos; end = rest.find('\n', begin)) {
      TRY(take(std::string_view(rest).substr(begin, end - begin)));
      begin = end + 1;
    }
    rest.erase(0, begin);
    if (rest.size() > max_fact) TRY(take(rest));  // says so
  }
  TRY(take(rest));
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  return out;
}

Result<RecordedHistory> load_recorded_history(host::Files& files, const host::Path& path) {
  host::Path file = path;
  TRY_ASSIGN(const auto stat, files.stat(path));
  if (stat.type == host::NodeType::Directory) file = path / (files.exists(path / "history.jsonl") ? "history.jsonl" : "history.jsonl.zst");
  TRY_ASSIGN(auto open, files.open(file));
  std::array<std::uint8_t, 8> front{};
  TRY_ASSIGN(const size_t count, open->read_at(0, front));
  const Codec codec = codec_of_magic(BytesView(front).first(count));
  const auto lines = decode(codec, host::stream(std::move(open)));
  return read_recorded_history(*lines, file.string());
}

}  // namespace ashlar::pipeline
