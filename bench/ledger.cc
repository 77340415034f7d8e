// What the ledger costs beside SQLite and SHA-256 themselves; bench/ledger.sh calls it.
//   ledger insert|plain|indexed FILE EVENTS BATCH   appends in transactions of BATCH; by plain SQLite with the same settings: bytes alone, or with the ledger's columns and indexes
//   ledger verify FILE                              the chain computed anew, with all comparisons
//   ledger file FILE                                whether SQLite's tables and indexes agree
//   ledger sha256 FILE                              SHA-256 over the same bytes in memory: one entry after the other as the chain takes them, and as one run
//   ledger due FILE VULNERABILITY                   the clocks of all findings with it
//   ledger since FILE SECONDS                       the events of so many seconds before the last, as each renewal reads them; and the same by looking at every event
// Each answers one line of JSON.
#include <chrono>
#include <cstdint>
#include <ctime>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "ledger/ledger.h"
#include "policy/sla.h"

namespace {

using namespace ashlar;
constexpr Time recorded{1'795'000'000};

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
/// Of this process, in seconds: what others do on the machine does not count.
double processor_now() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// A user of a benchmark reads the words and mends the call.
template <class T>
T must(Result<T> result) {
  if (!result) std::cerr << "ledger: " << result.error().message << "\n", std::exit(1);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// As renewals of a fleet of 10,000 images write them.
ledger::Event event_of(std::uint64_t number) {
  constexpr std::array kinds = {ledger::Kind::FirstSeen, ledger::Kind::Rebuilt, ledger::Kind::Tested, ledger::Kind::Promoted, ledger::Kind::Closed};
  return {kinds[number % kinds.size()], {1'790'000'000 + static_cast<std::int64_t>(number) * 7}, fmt::format("registry.example/fleet/image-{}", number / 5 % 10'000), fmt::format("sha256:{:064x}", number * 2654435761ULL), fmt::format("CVE-2026-{:05}", number / 50'000),
          "openssl", "", "ashlar renew", {{"severity", "high"}, {"fixed-in", "3.0.17-1~deb12u2"}}};
}

void insert(const std::string& file, std::uint64_t count, std::uint64_t batch) {
  std::vector<ledger::Event> events;
  for (std::uint64_t number = 0; number < count; ++number) events.push_back(event_of(number));
  auto ledger = must(ledger::Ledger::open(file));
  const double start = now();
  for (std::uint64_t at = 0; at < count; at += batch) must(ledger.append(std::span(events).subspan(at, std::min(batch, count - at)), recorded));
  std::cout << fmt::format("{{\"seconds\": {:.6f}, \"events\": {}}}\n", now() - start, count);
}

void plain(const std::string& file, std::uint64_t count, std::uint64_t batch, bool indexed) {
  std::vector<ledger::Event> events;
  std::vector<std::string> bodies;
  for (std::uint64_t number = 0; number < count; ++number) bodies.push_back(ledger::canonical(events.emplace_back(event_of(number)), number + 1, recorded));
  auto database = must(host::Sqlite::open_shared(file));
  must(database.run(indexed ? "CREATE TABLE entries (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, image TEXT, vulnerability TEXT, package TEXT, body TEXT NOT NULL);"
                              "CREATE INDEX by_image ON entries (image, kind); CREATE INDEX by_vulnerability ON entries (vulnerability); CREATE INDEX by_time ON entries (substr(body, 8, 20))"
                            : "CREATE TABLE entries (number INTEGER PRIMARY KEY, body TEXT NOT NULL)"));
  auto statement = must(database.prepare(indexed ? "INSERT INTO entries VALUES (?,?,?,?,?,?)" : "INSERT INTO entries VALUES (?,?)"));
  const double start = now();
  for (std::uint64_t at = 0; at < count; at += batch) {
    must(database.run("BEGIN IMMEDIATE"));
    for (std::uint64_t number = at; number < std::min(count, at + batch); ++number) {
      const ledger::Event& event = events[number];
      statement.bind(0, static_cast<std::int64_t>(number + 1));
      if (indexed) statement.bind(1, to_string(event.kind)).bind(2, event.image).bind(3, event.vulnerability).bind(4, event.package).bind(5, bodies[number]);
      else statement.bind(1, bodies[number]);
      must(statement.run());
    }
    must(database.run("COMMIT"));
  }
  std::cout << fmt::format("{{\"seconds\": {:.6f}, \"events\": {}}}\n", now() - start, count);
}

void verify(const std::string& file) {
  auto ledger = must(ledger::Ledger::open(file));
  const double start = now(), cpu = processor_now();
  const auto found = must(ledger.verify({}, {}));
  const double seconds = now() - start, processor = processor_now() - cpu;
  if (!found.whole()) std::cerr << "ledger: " << found.damages.front().what << "\n", std::exit(1);
  std::cout << fmt::format("{{\"seconds\": {:.6f}, \"cpu\": {:.6f}, \"events\": {}}}\n", seconds, processor, found.events);
}

void check_file(const std::string& file) {
  auto ledger = must(ledger::Ledger::open(file));
  const double start = now();
  must(ledger.check_file());
  std::cout << fmt::format("{{\"seconds\": {:.6f}}}\n", now() - start);
}

void sha256(const std::string& file) {
  auto ledger = must(ledger::Ledger::open(file));
  std::string all;
  std::vector<size_t> ends;
  must(ledger.each({}, [&](const ledger::Entry& entry) {
    all += ledger::canonical(entry.event, entry.number, entry.recorded);
    ends.push_back(all.size());
    return Done();
  }));
  double start = now(), cpu = processor_now();
  Digest chain = ledger::first_chain();
  Hasher hasher;
  for (size_t at = 0; at < ends.size(); ++at) chain = hasher.update(chain.raw()).update(std::string_view(all).substr(at == 0 ? 0 : ends[at - 1], ends[at] - (at == 0 ? 0 : ends[at - 1]))).finish();
  const double chained = now() - start, chained_cpu = processor_now() - cpu;
  start = now(), cpu = processor_now();
  const Digest whole = Digest::of(all);
  const double run = now() - start, run_cpu = processor_now() - cpu;
  std::cout << fmt::format("{{\"seconds\": {:.6f}, \"cpu\": {:.6f}, \"chained\": {:.6f}, \"chained_cpu\": {:.6f}, \"bytes\": {}, \"events\": {}, \"of\": \"{}{}\"}}\n", run, run_cpu, chained, chained_cpu, all.size(), ends.size(), whole.hex().substr(0, 8), chain.hex().substr(0, 8));
}

void due(const std::string& file, const std::string& vulnerability) {
  auto ledger = must(ledger::Ledger::open(file));
  const double start = now();
  const auto entries = must(ledger.read({.vulnerability = vulnerability}));
  const auto rules = policy::default_sla();
  const auto report = policy::sla_report(policy::clocks(entries, rules, {1'799'000'000}), rules, {1'799'000'000});
  std::cout << fmt::format("{{\"seconds\": {:.6f}, \"events\": {}, \"clocks\": {}}}\n", now() - start, entries.size(), report.clocks.size());
}

void since(const std::string& file, std::int64_t seconds) {
  auto ledger = must(ledger::Ledger::open(file));
  const Time from{must(ledger.last({})).value().event.at.seconds - seconds};
  double start = now(), cpu = processor_now();
  const size_t found = must(ledger.read({.since = from})).size();
  const double indexed = now() - start, indexed_cpu = processor_now() - cpu;
  auto database = must(host::Sqlite::open_shared(file));
  must(database.run("PRAGMA mmap_size=4294967296"));
  start = now(), cpu = processor_now();
  auto rows = must(database.prepare("SELECT number, body, chain FROM entries WHERE number > 0 AND substr(body, 8, 20) >= ? ORDER BY number"));
  rows.bind(0, from.str());
  size_t same = 0;
  while (must(rows.step())) must(ledger::read_canonical(rows.text(1))), ++same;
  if (same != found) std::cerr << "ledger: the two ways do not agree\n", std::exit(1);
  std::cout << fmt::format("{{\"seconds\": {:.6f}, \"cpu\": {:.6f}, \"looked\": {:.6f}, \"looked_cpu\": {:.6f}, \"found\": {}}}\n", indexed, indexed_cpu, now() - start, processor_now() - cpu, found);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string verb = argc > 2 ? argv[1] : "", file = argc > 2 ? argv[2] : "";
  if (argc == 5 && (verb == "insert" || verb == "plain" || verb == "indexed")) {
    const std::uint64_t count = std::stoull(argv[3]), batch = std::stoull(argv[4]);
    if (verb == "insert") insert(file, count, batch);
    else plain(file, count, batch, verb == "indexed");
  } else if (argc == 3 && verb == "verify") {
    verify(file);
  } else if (argc == 3 && verb == "file") {
    check_file(file);
  } else if (argc == 3 && verb == "sha256") {
    sha256(file);
  } else if (argc == 4 && verb == "due") {
    due(file, argv[3]);
  } else if (argc == 4 && verb == "since") {
    since(file, std::stoll(argv[3]));
  } else {
    return std::cerr << "usage: ledger insert|plain|indexed FILE EVENTS BATCH | verify|file|sha256 FILE | due FILE VULNERABILITY | since FILE SECONDS\n", 2;
  }
  return 0;
}
