#pragma once
// How work reports on itself; only `cli` and `serve` decide where it prints.
#include <cstdint>
#include <string_view>

namespace ashlar {

/// What a long piece of work tells whoever waits for it. Calls may come from several threads at once.
class Progress {
 public:
  virtual ~Progress() = default;
  /// A stage begins: `fetch packages`, with how many units of work it has (0: unknown).
  virtual void stage(std::string_view name, std::uint64_t total) = 0;
  /// So many more units of the present stage are done; `what` is the thing at hand.
  virtual void step(std::string_view what, std::uint64_t units) = 0;
  /// Something to act on, though all goes well.
  virtual void note(std::string_view text) = 0;
  /// Something that goes well and still may have taken away what somebody relies on: heard by who wants no notes, too.
  virtual void alarm(std::string_view text) { note(text); }
  /// A fact for who asks for more: nothing has to be done about it.
  virtual void detail(std::string_view text) = 0;
};

/// Tells nobody.
class Silence final : public Progress {
 public:
  void stage(std::string_view, std::uint64_t) override {}
  void step(std::string_view, std::uint64_t) override {}
  void note(std::string_view) override {}
  void detail(std::string_view) override {}
};

}  // namespace ashlar
