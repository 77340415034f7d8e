// Writers that are killed in the middle, and readers beside writers: what was told to be written is there, and nothing is there by halves.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <thread>

#include <fmt/format.h>

#include "host/scratch.h"
#include "ledger/ledger.h"

namespace ashlar::ledger {
namespace {

constexpr Time now{1'800'000'000};
constexpr size_t batch = 7;

std::vector<Event> events_of(std::uint64_t round) {
  std::vector<Event> out;
  for (size_t at = 0; at < batch; ++at) out.push_back({.kind = Kind::Rebuilt, .at = {static_cast<std::int64_t>(round)}, .image = fmt::format("registry.example/{}", at), .by = "a writer"});
  return out;
}

/// Appends until it is killed; after each append it tells the number of the last event.
[[noreturn]] void write_on(const host::Path& path, int told) {
  auto ledger = Ledger::open(path);
  if (!ledger) ::_exit(1);
  for (std::uint64_t round = 0;; ++round) {
    const auto number = ledger->append(events_of(round), now);
    if (!number || ::write(told, &*number, sizeof *number) != sizeof *number) ::_exit(1);
  }
}

TEST(LedgerCrash, KilledWritersLeaveWholeBatches) {
  const host::Scratch scratch;
  const host::Path path = scratch.path() / "ledger.db";
  ASSERT_TRUE(Ledger::open(path));
  std::mt19937 random(17);
  std::uint64_t promised = 0;
  for (int kill = 0; kill < 25; ++kill) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) ::close(ends[0]), write_on(path, ends[1]);
    ::close(ends[1]);
    std::uint64_t number = 0;
    ASSERT_EQ(::read(ends[0], &number, sizeof number), static_cast<ssize_t>(sizeof number)) << "it has begun";
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it was writing until then";
    do promised = std::max(promised, number);
    while (::read(ends[0], &number, sizeof number) == static_cast<ssize_t>(sizeof number));
    ::close(ends[0]);
    auto ledger = Ledger::open(path).value();
    const auto found = ledger.verify({}, {}).value();
    ASSERT_TRUE(found.whole()) << found.damages.front().what;
    ASSERT_GE(found.events, promised) << "what append() returned is there";
    ASSERT_EQ(found.events % batch, 0U) << "no append is there by halves";
    ASSERT_TRUE(ledger.check_file());
  }
}

TEST(LedgerCrash, ReadersSeeOneMoment) {
  const host::Scratch scratch;
  const host::Path path = scratch.path() / "ledger.db";
  auto writer = Ledger::open(path).value();
  ASSERT_TRUE(writer.append(events_of(0), now));
  std::jthread thread([&](const std::stop_token& stop) {
    auto own = Ledger::open(path).value();
    for (std::uint64_t round = 1; !stop.stop_requested() && round < 400; ++round) ASSERT_TRUE(own.append(events_of(round), now));
  });
  auto reader = Ledger::open(path).value();
  std::uint64_t before = 0;
  for (int look = 0; look < 40; ++look) {
    std::uint64_t last = 0;
    ASSERT_TRUE(reader.each({}, [&](const Entry& entry) -> Done {
      if (entry.number != last + 1) return fail(ashlar::Kind::Corrupt, "a gap");
      last = entry.number;
      return {};
    }));
    ASSERT_EQ(last % batch, 0U);
    ASSERT_GE(last, before);
    before = last;
    const auto verified = reader.verify({}, {}).value();
    ASSERT_TRUE(verified.whole());
    ASSERT_EQ(verified.events % batch, 0U);
  }
}

TEST(LedgerCrash, AFullDiskWritesNothing) {
  const host::Scratch scratch;
  const host::Path path = scratch.path() / "ledger.db";
  ASSERT_TRUE(Ledger::open(path).value().append(events_of(0), now));
  // In a process of its own, whose files may not grow beyond what is there and a little.
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{200'000, 200'000};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(9);
    auto ledger = Ledger::open(path);
    if (!ledger) ::_exit(8);
    for (std::uint64_t round = 1; round < 2000; ++round) {
      const auto done = ledger->append(events_of(round), now);
      if (!done) ::_exit(done.error().kind == ashlar::Kind::Unavailable ? 0 : 7);
    }
    ::_exit(6);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0) << "an error that says that the machine could not";
  auto ledger = Ledger::open(path).value();
  const auto found = ledger.verify({}, {}).value();
  EXPECT_TRUE(found.whole());
  EXPECT_EQ(found.events % batch, 0U);
  EXPECT_GE(found.events, batch);
  EXPECT_EQ(ledger.append(events_of(9), now).value(), found.events + batch) << "and it goes on where there is room again";
}

}  // namespace
}  // namespace ashlar::ledger
