#include "forge/inner/forge.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::forge {
namespace {

constexpr std::string_view mark_begin = "<!-- ashlar: ", mark_end = " -->";
constexpr std::int64_t clock_differences = 24 * 3600;  // between us and the forge

Done say(Forge& forge, const Ticket& ticket, const Message& message, std::optional<Time> since) {
  if (message.comment.empty()) return {};
  const std::string mark = mark_of(message.key, fingerprint(message));
  if (since) {
    TRY_ASSIGN(const bool said, forge.has_comment(ticket.number, mark));
    if (said) return {};
  }
  Message comment = message;
  comment.body = message.comment;
  return forge.comment(ticket.number, forge.body_of(comment, mark));
}

}  // namespace

std::string key_in(std::string_view body) {
  const size_t begin = body.rfind(mark_begin);
  if (begin == std::string_view::npos) return {};
  body.remove_prefix(begin + mark_begin.size());
  const size_t end = body.find(mark_end);
  if (end == std::string_view::npos || !is_key(body.substr(0, end))) return {};
  return std::string(body.substr(0, end));
}

bool same_text(std::string_view a, std::string_view b) {
  const auto plain = [](std::string_view text) {
    std::string out(trim(text));
    std::erase(out, '\r');
    return out;
  };
  return plain(a) == plain(b);
}

std::string commit_line(const Message& message) { return fmt::format("Ashlar-Key: {}", message.key); }

std::string Forge::title_of(const Message& message) const { return cut_to(visible(message.title), max_title_); }

std::string Forge::body_of(const Message& message, std::string_view mark) const {
  // A text of others must not end in a mark that is not ours: what it has is shown.
  std::string text = message.body;
  for (size_t at = text.find(mark_begin); at != std::string::npos; at = text.find(mark_begin, at)) text.replace(at, 1, "&lt;");
  return fmt::format("{}\n\n{}", cut_to(text, max_body_ - mark.size() - 2), mark);
}

std::vector<std::string> Forge::labels_of(const Message& message) const {
  std::vector<std::string> out = api_.target().settings.labels;
  for (const std::string& each : message.labels) {
    if (std::ranges::find(out, each) == out.end()) out.push_back(each);
  }
  return out;
}

Result<std::optional<Ticket>> Forge::find(const std::string& key, std::optional<Time> since) {
  if (!listed_ || since) {
    std::map<std::string, Ticket> all;
    const auto keep = [&](Ticket ticket) {
      const std::string of = key_in(ticket.body);
      if (!of.empty()) all.try_emplace(of, std::move(ticket));
      return true;
    };
    TRY(list(std::nullopt, keep));
    listed_ = std::move(all);
  }
  if (const auto found = listed_->find(key); found != listed_->end()) return found->second;
  if (!since) return std::nullopt;
  std::optional<Ticket> out;
  const auto look = [&](Ticket ticket) {
    if (key_in(ticket.body) == key) out = std::move(ticket);
    return !out;
  };
  TRY(list(Time{since->seconds - clock_differences}, look));
  return out;
}

Result<Ticket> Forge::create(const Message& message) {
  TRY_ASSIGN(Ticket made, make(message));
  if (made.number.empty()) return cannot(Kind::Unavailable, fmt::format("open ticket '{}'", message.key), "the answer names no ticket");
  if (listed_) (*listed_)[message.key] = made;
  return made;
}

Result<Ticket> deliver_ticket(Forge& forge, const Message& message, const std::string& number, std::optional<Time> since) {
  std::optional<Ticket> ticket;
  if (!number.empty()) {
    auto known = forge.read(number);
    if (known) ticket = std::move(*known);
    else if (known.error().kind != Kind::NotFound) return std::unexpected(std::move(known).error());
  }
  if (!ticket) {
    TRY_ASSIGN(ticket, forge.find(message.key, since));
  }
  if (message.kind == MessageKind::Close) {
    if (!ticket || !ticket->open) return ticket.value_or(Ticket{{}, {}, {}, {}, false});
    TRY(say(forge, *ticket, message, since));
    TRY(forge.set_open(ticket->number, false));
    ticket->open = false;
    return *ticket;
  }
  if (!ticket) return forge.create(message);
  const bool differs = !same_text(ticket->title, forge.title_of(message)) || !same_text(ticket->body, forge.body_of(message, mark_of(message.key)));
  const bool opens = message.kind == MessageKind::Open && !ticket->open;
  if (!differs && !opens) return *ticket;
  // The comment goes first: what was cut off between the two is seen to differ still.
  TRY(say(forge, *ticket, message, since));
  if (differs) {
    TRY(forge.change(ticket->number, message));
  }
  if (opens) {
    TRY(forge.set_open(ticket->number, true));
  }
  return *ticket;
}

std::unique_ptr<Forge> forge_of(Api& api) {
  switch (api.target().settings.kind) {
    case TargetKind::GitHub: return github(api);
    case TargetKind::GitLab: return gitlab(api);
    case TargetKind::Webhook: break;
  }
  return nullptr;
}

Api::Headers headers_of(const Target& target) {
  const std::string bearer = fmt::format("Bearer {}", target.secret.text());
  switch (target.settings.kind) {
    case TargetKind::GitHub: return {{"accept", "application/vnd.github+json"}, {"authorization", bearer}, {"x-github-api-version", "2022-11-28"}};
    // GitLab takes tokens so, too; unlike its own header, this one does not follow a redirect to another host.
    case TargetKind::GitLab: return {{"accept", "application/json"}, {"authorization", bearer}};
    case TargetKind::Webhook: return {{"accept", "*/*"}};
  }
  return {};
}

}  // namespace ashlar::forge
