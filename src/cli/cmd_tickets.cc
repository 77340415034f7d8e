#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/hints.h"
#include "pipeline/tickets.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::string action = "list", argument;
  bool all = false, now = false;
};

struct Row {
  std::string_view name;
  Result<Exit> (*run)(Context& context, pipeline::Workshop& workshop, forge::Outbox& outbox, const Options& options);
  std::string_view takes;  ///< what the argument is; empty: it takes none
};

Json json_of(const forge::Entry& each) {
  return {{"id", each.id}, {"key", each.key}, {"kind", forge::to_string(each.kind)}, {"target", each.target}, {"title", each.title}, {"standing", forge::to_string(each.standing)},
          {"put", each.put.str()}, {"due", each.due.str()}, {"attempts", each.attempts}, {"cause", each.cause}, {"url", each.url}};
}

Json json_of(const std::vector<forge::Entry>& entries) {
  Json out = Json::array();
  for (const forge::Entry& each : entries) out.push_back(json_of(each));
  return out;
}

void show(Context& context, const std::vector<forge::Entry>& entries) {
  std::vector<std::vector<std::string>> rows = {{"ID", "STANDING", "TARGET", "KIND", "KEY", "TRIED", "DUE", "CAUSE"}};
  for (const auto& each : entries)
    rows.push_back({std::to_string(each.id), std::string(forge::to_string(each.standing)), each.target, std::string(forge::to_string(each.kind)), each.key, std::to_string(each.attempts), each.due.str(), visible(each.cause.empty() ? each.url : each.cause)});
  context.answer->append(table(context, rows));
}

Result<Exit> list(Context& context, pipeline::Workshop&, forge::Outbox& outbox, const Options& options) {
  TRY_ASSIGN(const auto entries, outbox.list(options.all));
  if (context.json) answer(context, {{"schema", "https://ashlar.dev/tickets/v1"}, {"messages", json_of(entries)}});
  else if (entries.empty()) say(context, options.all ? "there was no message" : "no message waits");
  else show(context, entries);
  return Exit::Clean;
}

Result<Exit> add(Context& context, pipeline::Workshop& workshop, forge::Outbox& outbox, const Options& options) {
  TRY_ASSIGN(const std::string text, context.machine.files->read(options.argument));
  TRY_ASSIGN(const Json json, parse_json(text, options.argument));
  auto message = forge::message_of(json);
  if (!message) return cannot(fmt::format("read message '{}'", options.argument), std::move(message).error());
  if (!json.contains("time")) message->time = context.machine.clock->now();
  if (workshop.config.targets.empty()) return cannot(Kind::NotFound, fmt::format("put message '{}'", message->key), "the configuration names nobody to tell (section 'forge')");
  TRY_ASSIGN(const size_t count, outbox.put(*message, workshop.config.targets));
  if (context.json) answer(context, {{"schema", "https://ashlar.dev/ticket-add/v1"}, {"key", message->key}, {"put", count}});
  else say(context, count == 0 ? fmt::format("'{}' was put before, or nobody is told such", message->key) : fmt::format("'{}' waits for {} {}", message->key, count, count == 1 ? "target" : "targets"));
  return Exit::Clean;
}

Result<Exit> deliver(Context& context, pipeline::Workshop& workshop, forge::Outbox& outbox, const Options& options) {
  if (options.now) {
    TRY(outbox.hasten(context.machine.clock->now()));
  }
  TRY_ASSIGN(const auto done, pipeline::deliver_messages(workshop, outbox));
  if (context.json) {
    Json holds = Json::array();
    for (const auto& each : done.holds) holds.push_back({{"target", each.target}, {"cause", each.cause}, {"until", each.until ? Json(each.until->str()) : Json(nullptr)}});
    answer(context, {{"schema", "https://ashlar.dev/ticket-delivery/v1"}, {"delivered", json_of(done.delivered)}, {"refused", json_of(done.refused)}, {"waiting", json_of(done.left)}, {"holds", std::move(holds)}});
  } else {
    for (const auto& each : done.delivered) say(context, fmt::format("{}: {} '{}'{}", each.target, forge::to_string(each.kind), each.key, each.url.empty() ? "" : " " + each.url));
    for (const auto& each : done.holds) context.progress.alarm(fmt::format("'{}' is not told more for now: {}{}", each.target, each.cause, each.until ? fmt::format(" (until {})", each.until->str()) : ""));
    for (const auto& each : done.refused) context.progress.alarm(fmt::format("'{}' refused '{}': {}", each.target, each.key, each.cause));
    say(context, fmt::format("{} delivered, {} refused, {} waiting{}", done.delivered.size(), done.refused.size(), done.left.size(), done.left.empty() || options.now ? "" : ": `ashlar tickets deliver --now` tries them at once"));
  }
  return !done.refused.empty() ? Exit::No : done.left.empty() ? Exit::Clean : Exit::Unavailable;
}

Result<Exit> drop(Context& context, pipeline::Workshop&, forge::Outbox& outbox, const Options& options) {
  std::int64_t id = 0;
  const char* const end = options.argument.data() + options.argument.size();
  if (const auto [at, error] = std::from_chars(options.argument.data(), end, id); error != std::errc{} || at != end) return cannot(Kind::Invalid, "drop a message", fmt::format("'{}' is no number: `ashlar tickets list` has them", options.argument));
  TRY(outbox.drop(id));
  if (context.json) answer(context, {{"schema", "https://ashlar.dev/ticket-drop/v1"}, {"id", id}});
  else say(context, fmt::format("message {} is out of the queue", id));
  return Exit::Clean;
}

}  // namespace

Action tickets(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("ACTION", options->action, "list (the default), deliver (sends what is due), add (puts a message of a file), drop (takes one out)");
  app.add_option("ARGUMENT", options->argument, "with add: a file with a message (docs/formats/tickets.md). With drop: its number");
  app.add_flag("--all", options->all, "with list: those that are delivered, too");
  app.add_flag("--now", options->now, "with deliver: what waits for its next attempt, and what was refused, is tried at once");
  return [options](Context& context) -> Result<Exit> {
    constexpr std::array actions = {Row{"list", list, ""}, Row{"deliver", deliver, ""}, Row{"add", add, "the file of a message"}, Row{"drop", drop, "the number of a message"}};
    TRY_ASSIGN(const Row* const row, action_of("tickets", actions, options->action));
    if (row->takes.empty() != options->argument.empty())
      return cannot(Kind::Invalid, fmt::format("tickets {}", row->name), row->takes.empty() ? fmt::format("it takes no '{}'", options->argument) : fmt::format("{} is missing", row->takes));
    TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
    TRY_ASSIGN(auto outbox, pipeline::open_outbox(workshop));
    return row->run(context, workshop, outbox, *options);
  };
}

}  // namespace ashlar::cli
