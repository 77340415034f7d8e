#pragma once
// What is done to tickets and pull requests, whichever forge keeps them.
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "forge/inner/api.h"

namespace ashlar::forge {

struct Ticket {
  std::string number, url;
  std::string title, body;
  bool open = true;
};

class Forge {
 public:
  virtual ~Forge() = default;
  /// The ticket that bears the key's mark. What was listed before counts, unless `since` says that somebody may have made one since then: then the forge is asked
  /// anew, and also for tickets without our label.
  Result<std::optional<Ticket>> find(const std::string& key, std::optional<Time> since);
  virtual Result<Ticket> read(const std::string& number) = 0;                    ///< NotFound when it is gone
  Result<Ticket> create(const Message& message);
  virtual Done change(const std::string& number, const Message& message) = 0;    ///< title and body, and labels that lack; those of others stay
  virtual Done set_open(const std::string& number, bool open) = 0;
  virtual Result<bool> has_comment(const std::string& number, const std::string& mark) = 0;
  virtual Done comment(const std::string& number, const std::string& text) = 0;
  /// Opens the pull request, or brings the open one of the key to what the message says.
  virtual Result<Ticket> propose(const Message& message) = 0;
  /// Starts the pipeline of the message's project with its data. Done again it starts another one.
  virtual Done build(const Message& message) = 0;
  /// The bytes of a file on a branch (empty: the default one) of a project (empty: the target's). NotFound when there is none.
  virtual Result<std::string> file(const std::string& project, const std::string& branch, const std::string& path) = 0;

  /// Title and body as this forge takes them; the body with its mark.
  std::string title_of(const Message& message) const;
  std::string body_of(const Message& message, std::string_view mark) const;
  std::vector<std::string> labels_of(const Message& message) const;

 protected:
  Forge(Api& api, size_t max_title, size_t max_body) : api_(api), max_title_(max_title), max_body_(max_body) {}
  virtual Result<Ticket> make(const Message& message) = 0;
  /// Every ticket with our label, or every ticket changed since a time, told to `look` until it has seen enough.
  virtual Done list(std::optional<Time> since, const std::function<bool(Ticket)>& look) = 0;
  Api& api_;

 private:
  size_t max_title_, max_body_;
  std::optional<std::map<std::string, Ticket>> listed_;  ///< by key
};

std::unique_ptr<Forge> github(Api& api);
std::unique_ptr<Forge> gitlab(Api& api);
/// Of the API's target; null for a webhook.
std::unique_ptr<Forge> forge_of(Api& api);
/// By which each kind of target is spoken to.
Api::Headers headers_of(const Target& target);

/// The key in the last mark of a ticket's text, or empty.
std::string key_in(std::string_view body);
/// Whether two texts are one to a forge: line ends and white space at the end do not count.
bool same_text(std::string_view a, std::string_view b);
/// The line of a commit's message by which we know it as ours.
std::string commit_line(const Message& message);

/// Does what a message about a ticket says. `number` is the ticket's if it is known; `since` is when it was tried first, if it was.
Result<Ticket> deliver_ticket(Forge& forge, const Message& message, const std::string& number, std::optional<Time> since);
/// Sends a message to a webhook, signed.
Done deliver_event(Api& api, const Message& message);

}  // namespace ashlar::forge
