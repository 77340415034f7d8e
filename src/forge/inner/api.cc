#include "forge/inner/api.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::forge {
namespace {

constexpr size_t max_answer = 32 << 20;
constexpr int max_pages = 200;
constexpr std::int64_t secondary_limit_seconds = 60;  // where a server says that a limit is reached and not until when
constexpr std::int64_t longest_hold_seconds = 24 * 3600;

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || out < 0) return std::nullopt;
  return out;
}

std::string header(const host::HttpResponse& response, const std::string& name) {
  const auto found = response.headers.find(name);
  return found == response.headers.end() ? std::string() : found->second;
}

/// Retry-After: seconds, or a date (RFC 9110, 10.2.3).
std::optional<Time> retry_after(const host::HttpResponse& response, Time now) {
  std::string text = header(response, "retry-after");
  if (const auto seconds = number(text)) return Time{now.seconds + std::min(*seconds, longest_hold_seconds)};
  if (text.ends_with("GMT")) text.replace(text.size() - 3, 3, "UTC");
  const auto date = Time::parse_mail(text);
  return date ? std::optional(*date) : std::nullopt;
}

/// What the page of an error says for people.
std::string words_of(const host::HttpResponse& response) {
  const auto json = parse_json(response.page, "answer");
  std::string out;
  if (json && json->is_object()) {
    for (const char* name : {"message", "error", "error_description"}) {
      if (out.empty() && json->contains(name)) out = (*json)[name].is_string() ? (*json)[name].get<std::string>() : to_compact((*json)[name]);
    }
    if (json->contains("errors")) out += (out.empty() ? "" : ": ") + to_compact((*json)["errors"]);
  }
  return visible(out.substr(0, 300));
}

bool speaks_of_limit(const host::HttpResponse& response) { return response.page.find("rate limit") != std::string::npos || response.page.find("abuse detection") != std::string::npos; }

std::string origin_of(std::string_view url) { return std::string(url.substr(0, url.find('/', url.find("://") + 3))); }

}  // namespace

void Api::learn(const host::HttpResponse& response) {
  const Time now = clock_.now();
  const auto later = [&](Time until) {
    until.seconds = std::min(until.seconds, now.seconds + longest_hold_seconds);
    if (!hold_ || *hold_ < until) hold_ = until;
  };
  for (const std::string prefix : {"x-ratelimit-", "ratelimit-"}) {
    const auto left = number(header(response, prefix + "remaining")), reset = number(header(response, prefix + "reset"));
    if (left && reset && *left == 0 && *reset > now.seconds) later(Time{*reset});
  }
  if (response.status / 100 == 2) return;
  const bool limited = response.status == 429 || ((response.status == 403 || response.status == 503) && (!header(response, "retry-after").empty() || speaks_of_limit(response)));
  if (!limited) return;
  if (const auto until = retry_after(response, now)) later(*until);
  else if (!hold_ || *hold_ <= now) later(Time{now.seconds + secondary_limit_seconds});
}

std::unexpected<Error> Api::refusal(const std::string& what, const host::HttpResponse& response) {
  std::string cause = fmt::format("the answer is {}", response.status);
  if (const std::string words = words_of(response); !words.empty()) cause += fmt::format(" ({})", words);
  if (hold_ && *hold_ > clock_.now()) return cannot(Kind::Unavailable, what, fmt::format("{}; nothing is asked until {}", cause, hold_->str()));
  switch (response.status) {
    case 401:
    case 403: return cannot(Kind::Denied, what, cause);
    case 404:
    case 410: return cannot(Kind::NotFound, what, cause);
    case 409:
    case 422: return cannot(Kind::Conflict, what, cause);
    case 408:
    case 425: return cannot(Kind::Unavailable, what, cause);
    default: return cannot(response.status / 100 == 4 ? Kind::Invalid : Kind::Unavailable, what, cause);
  }
}

Result<Answer> Api::send(const std::string& method, const std::string& path, const std::string& body, const Headers& more) {
  const std::string url = path.find("://") != std::string::npos ? path : target_.settings.url + path;
  const std::string what = fmt::format("{} '{}'", method == "GET" ? "ask" : "tell", url.substr(0, url.find('?')));
  if (hold_ && *hold_ > clock_.now()) return cannot(Kind::Unavailable, what, fmt::format("its limit is reached until {}", hold_->str()));
  host::HttpRequest request;
  request.url = url;
  request.method = method;
  request.headers = headers_;
  for (const auto& [name, value] : more) request.headers[name] = value;
  request.limit = max_answer;
  if (method != "GET") {
    request.headers.try_emplace("content-type", "application/json");
    request.headers["connection"] = "close";  // nothing below us may send it twice
    request.body = {body.size(), [&body]() -> Result<std::unique_ptr<Source>> { return std::make_unique<MemorySource>(as_bytes(body)); }};
  }
  MemorySink sink;
  TRY_ASSIGN(const auto response, http_.send(request, sink));
  learn(response);
  if (response.status / 100 != 2) return refusal(what, response);
  Answer out{response.status, response.headers, nullptr};
  if (trim(as_text(sink.bytes)).empty() || header(response, "content-type").find("json") == std::string::npos) return out;
  auto json = parse_json(as_text(sink.bytes), url);
  if (!json) return cannot(Kind::Unavailable, what, "the answer is no JSON");
  out.json = std::move(*json);
  return out;
}

Done Api::each(const std::string& path, const std::function<bool(const Json&)>& look) {
  std::string at = path;
  for (int page = 0; page < max_pages; ++page) {
    TRY_ASSIGN(const Answer answer, get(at));
    if (!answer.json.is_array()) return cannot(Kind::Unavailable, fmt::format("read the list '{}'", path), "the answer is no list");
    for (const Json& item : answer.json) {
      if (item.is_object() && !look(item)) return {};
    }
    const auto link = answer.headers.find("link");
    at = link == answer.headers.end() ? std::string() : next_of(link->second);
    if (at.empty()) return {};
    // The token goes with it.
    if (origin_of(at) != origin_of(target_.settings.url)) return cannot(Kind::Denied, fmt::format("read the list '{}'", path), "its next page lies on another host");
  }
  return cannot(Kind::Invalid, fmt::format("read the list '{}'", path), fmt::format("it has more than {} pages", max_pages));
}

std::string percent_encoded(std::string_view text, std::string_view keep) {
  std::string out;
  for (const unsigned char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~' || keep.find(static_cast<char>(c)) != std::string_view::npos;
    if (plain) out += static_cast<char>(c);
    else out += fmt::format("%{:02X}", c);
  }
  return out;
}

std::string next_of(std::string_view link) {
  while (!link.empty()) {
    const size_t open = link.find('<'), close = link.find('>', open == std::string_view::npos ? 0 : open);
    if (open == std::string_view::npos || close == std::string_view::npos) return {};
    const size_t end = link.find(", <", close);
    const std::string_view parameters = link.substr(close + 1, end == std::string_view::npos ? end : end - close - 1);
    for (const std::string_view each : Parts(parameters, ';')) {
      const std::string_view word = trim(each);
      if (word == "rel=\"next\"" || word == "rel=next") return std::string(link.substr(open + 1, close - open - 1));
    }
    if (end == std::string_view::npos) return {};
    link.remove_prefix(end + 2);
  }
  return {};
}

std::string cut_to(std::string_view text, size_t limit) {
  if (text.size() <= limit) return std::string(text);
  constexpr std::string_view mark = "…";
  size_t end = limit > mark.size() ? limit - mark.size() : 0;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return fmt::format("{}{}", text.substr(0, end), mark);
}

std::string text_of(const Json& json, std::string_view key) {
  if (!json.is_object()) return {};
  const auto found = json.find(std::string(key));
  if (found == json.end()) return {};
  return found->is_string() ? found->get<std::string>() : found->is_number_integer() ? std::to_string(found->get<std::int64_t>()) : std::string();
}

}  // namespace ashlar::forge
