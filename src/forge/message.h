#pragma once
// What the places where people work are to be told.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace ashlar::forge {

enum class MessageKind {
  Open,         ///< a ticket stands open with this text; one that was closed is opened again
  Update,       ///< a ticket has this text, with a comment where something changed; one that people closed stays closed
  Close,        ///< a ticket is closed, with a comment
  Event,        ///< something happened: for webhooks
  PullRequest,  ///< files of a repository are to change
  Build,        ///< something is to be built: the pipeline of a repository is started
};

/// A file of a repository that is to change from some bytes to others.
struct FileChange {
  std::string path;  ///< from the repository's root, with `/`
  std::string before, after;
  friend bool operator==(const FileChange&, const FileChange&) = default;
};

/// One thing to tell. `key` names what it is about (`ticket/registry.example/python/CVE-2026-1/expat`): all messages of a ticket or pull request have the
/// same, an event has one of its own.
struct Message {
  std::string key{};
  MessageKind kind = MessageKind::Open;
  std::string title{};
  std::string body{};                  ///< Markdown
  std::string comment{};               ///< Markdown: what is new, for Open that opens again, Update and Close; empty: nothing is commented
  std::vector<std::string> labels{};   ///< beside those of the target
  std::string type{}, source{}, subject{}; ///< of the CloudEvent; an empty type is made of the kind, an empty source is `ashlar`
  std::string data{};                  ///< of the CloudEvent: JSON; empty: title, body and the rest of this. Of a build what its pipeline gets: an object of at most nine texts
  Time time{};                         ///< when it came to be
  std::string target{};                ///< the one that is told; empty: all that take such messages
  std::string project{};               ///< of a pull request or build; empty: the target's
  std::string base{};                  ///< branch that is to change, or that is built; empty: the repository's default
  std::vector<FileChange> changes{};   ///< of a pull request
  friend bool operator==(const Message&, const Message&) = default;
};

std::string_view to_string(MessageKind kind);  ///< `open`, `update`, `close`, `event`, `pull-request`, `build`
std::optional<MessageKind> kind_of(std::string_view text);

/// A key: letters, digits and `._:@/+~-`, at most 300 of them, at no place two `-` (it stands in a comment of HTML).
bool is_key(std::string_view text);
/// `owner/name`, or a forge's groups before a name: letters, digits and `._-` between the slashes.
bool is_project(std::string_view text);
/// Invalid where the message could never be delivered: a bad key, no title, a project or branch that is none, a path that leads out of the
/// repository, no change.
Done check(const Message& message);

/// One JSON form (docs/formats/tickets.md), the same bytes for the same message; bytes of files as base64.
Json to_json(const Message& message);
Result<Message> message_of(const Json& json);

/// What the message is to bring about, without the time: two with the same are one.
std::string fingerprint(const Message& message);

/// The invisible mark of a text, by which the ticket of a key is found again.
std::string mark_of(std::string_view key);
/// Of a comment or an event: the key and which of its messages.
std::string mark_of(std::string_view key, std::string_view fingerprint);
/// A branch's name for the key: readable, and unique by the digest at its end.
std::string branch_of(std::string_view key);

}  // namespace ashlar::forge
