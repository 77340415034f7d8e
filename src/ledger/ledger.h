#pragma once
// The ledger: events in the order in which they were written down, each sealed by those before it. Nothing in it is changed or taken away.
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/files.h"
#include "host/sqlite.h"
#include "ledger/checkpoint.h"
#include "ledger/event.h"

namespace ashlar::ledger {

/// Which events: all that fit each of what is named.
struct Filter {
  std::string image{}, digest{}, vulnerability{}, package{};
  std::optional<Kind> kind{};
  std::optional<Time> since{}, until{};  ///< by when it happened: from `since` on, before `until`
  std::uint64_t after = 0;               ///< numbers above this one
};

/// A place where the ledger is not what was written.
struct Damage {
  std::uint64_t number = 0;  ///< of the event, or of the first of several; 0: of the ledger as a whole
  std::string what;          ///< in words, with the number
};

struct Verification {
  std::uint64_t events = 0;            ///< that are there
  Digest chain = first_chain();        ///< of the last of them
  std::vector<Damage> damages{};       ///< in order of events; at most 100 are listed
  std::uint64_t more = 0;              ///< so many beyond those
  size_t checkpoints = 0, believed = 0;  ///< that were looked at, and those of them with a signature by a key that was given
  std::uint64_t sealed = 0;            ///< events up to the newest checkpoint that counts: believed, or any where no key was given
  bool whole() const { return damages.empty(); }
};

class Ledger {
 public:
  using Filter = ledger::Filter;

  /// Made where it lacks; several processes may use it at once. A Ledger belongs to one thread at a time.
  static Result<Ledger> open(const host::Path& path);
  /// One without events that goes with it: for who looks where none was begun.
  static Result<Ledger> in_memory();

  /// All or none, on disk when it returns. The number of the last one; of what was there where `events` is empty.
  Result<std::uint64_t> append(std::span<const Event> events, Time now);

  /// In order of numbers, as of one moment; ends with the first error of `use`.
  Done each(const Filter& filter, const std::function<Done(const Entry&)>& use);
  Result<std::vector<Entry>> read(const Filter& filter);
  Result<std::optional<Entry>> last(const Filter& filter);

  /// Signs how many events there are and their chain, keeps it, and returns the envelope. Invalid of a ledger without events.
  Result<std::string> seal(const trust::PrivateKey& key, Time now);
  /// Events after the newest checkpoint that is kept: of those nobody sees it when they are cut off.
  Result<std::uint64_t> unsealed();
  /// Those that are kept, oldest first; Corrupt where one does not read.
  Result<std::vector<SignedCheckpoint>> checkpoints();

  /// Computes the chain anew over all events, and compares it with what is stored, with the kept checkpoints and with `envelopes` (text and name of each), that lie
  /// elsewhere. Where `keys` are given, each checkpoint must be signed by one of them. Corrupt where the file cannot be read to its end; other damage is in the answer.
  Result<Verification> verify(std::span<const trust::PublicKey> keys, std::span<const std::pair<std::string, std::string>> envelopes);
  /// Whether tables and indexes of the file agree with each other, so that what is asked by image or vulnerability finds all there is. Corrupt when not.
  Done check_file();

 private:
  Ledger(host::Sqlite database, host::Statement end, host::Statement insert) : database_(std::move(database)), end_(std::move(end)), insert_(std::move(insert)) {}
  static Result<Ledger> over(host::Sqlite database, const std::string& name);
  Result<Entry> end();  ///< number and chain of the last entry; 0 and first_chain() where there is none
  Result<std::uint64_t> write(std::span<const Event> events, Time now);
  /// The number of the first event that happened at that time or later, by the index of times; above all where there is none.
  Result<std::uint64_t> first_since(Time time);
  Result<host::Statement> ask(const Filter& filter, std::string_view order);

  host::Sqlite database_;
  host::Statement end_, insert_;
};

}  // namespace ashlar::ledger
