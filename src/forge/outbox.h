#pragma once
// The queue of messages that are to go out: durable before anything is sent, delivered in order, never doubled.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "forge/message.h"
#include "forge/target.h"
#include "host/http.h"
#include "host/machine.h"
#include "host/sqlite.h"

namespace ashlar::forge {

enum class Standing {
  Waiting,    ///< due at `due`; at once when it was never tried
  Delivered,
  Refused,    ///< the other side will not have it; it waits for somebody
};

/// A message on its way to one target.
struct Entry {
  std::int64_t id = 0;
  std::string key, target, title;
  MessageKind kind = MessageKind::Open;
  Standing standing = Standing::Waiting;
  Time put, due;
  int attempts = 0;
  std::string cause;   ///< why the last attempt did not succeed
  std::string url;     ///< of the ticket or pull request, once it is known
};

/// A pass over the queue.
struct Delivery {
  std::vector<Entry> delivered;
  std::vector<Entry> refused;                 ///< in this pass
  std::vector<Entry> left;                    ///< waiting after it, each with its cause
  struct Hold { std::string target, cause; std::optional<Time> until; };
  std::vector<Hold> holds;                    ///< targets that were not asked any more, and why
};

/// Every write is on disk when a call returns, and holds through kill -9 and a power cut.
class Outbox {
 public:
  /// Makes the file and its folder where they lack.
  static Result<Outbox> open(host::Files& files, const host::Path& path);

  /// Puts the message for each target that takes it, or for the one it names (NotFound when there is none such, Invalid when it takes none such). What a target
  /// was last told of this key counts: the same is not put again, an event never twice. Gives how many were put.
  Result<size_t> put(const Message& message, const std::vector<TargetSettings>& targets);

  /// Sends what is due, in order; a message waits for those before it of its key. `targets` are those that could be opened. Waits for another process
  /// that delivers. Errors are of the queue; what the other side says stands in the Delivery.
  Result<Delivery> deliver(const std::vector<Target>& targets, host::Http& http, host::Clock& clock);

  /// In order of their coming; those that are delivered only with `all`.
  Result<std::vector<Entry>> list(bool all);
  /// Makes waiting and refused messages due now; gives how many.
  Result<size_t> hasten(Time now);
  /// Takes a message that is not delivered out of the queue; an event is not put again. NotFound when there is none.
  Done drop(std::int64_t id);
  /// The latest time of all messages whose key begins so, those that were delivered or dropped, too; none: there was none.
  Result<std::optional<Time>> last_put(std::string_view key);
  /// Where the ticket or pull request of a key is at a target, if it is known.
  Result<std::optional<std::string>> url_of(const std::string& key, const std::string& target);

 private:
  Outbox(host::Files& files, host::Path path, host::Sqlite database) : files_(files), path_(std::move(path)), database_(std::move(database)) {}
  class Pass;
  Result<bool> put_one(const Message& message, const std::string& target);
  Result<std::vector<Entry>> entries(const std::string& where);
  host::Files& files_;
  host::Path path_;
  host::Sqlite database_;
};

/// When a message is tried again after so many attempts (from 1): 30 seconds, doubled each time, at most an hour.
Time retry_at(Time now, int attempts);
std::string_view to_string(Standing standing);  ///< `waiting`, `delivered`, `refused`

}  // namespace ashlar::forge
