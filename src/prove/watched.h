#pragma once
// One image's program, run and looked at from outside, so that two of them can be compared.
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/progress.h"
#include "host/machine.h"
#include "oci/layout.h"
#include "prove/behaviour.h"

namespace ashlar::prove {

/// `GET path` of a port on the container's loopback.
struct Request {
  std::uint16_t port = 0;
  std::string path = "/";
  bool tls = false;  ///< any certificate is taken
  std::string str() const;  ///< `http://localhost:8080/`
};

struct WatchOptions {
  host::Path state;                  ///< bundles and unpacked roots while they run
  bool loose = false;                ///< as engines run an image of which nothing is asked; else a read-only root, no capability, no new privileges
  std::vector<Request> requests{};
  std::vector<std::uint16_t> ports{};  ///< what it is known to listen on: one of them is waited for where there are no requests
  std::optional<std::vector<std::string>> arguments{};  ///< in place of the image's cmd
  std::vector<std::vector<std::string>> alone{};   ///< arguments in place of the cmd, each in a container of its own that shall end
  std::vector<std::vector<std::string>> beside{};  ///< commands beside the image's program once it is ready
  std::map<std::string, std::string> environment{};
  std::chrono::seconds patience{30};  ///< until it is ready, and for each command
};

/// How one command ended.
struct CommandSeen {
  std::vector<std::string> words;
  int exit_code = 0;
  bool timed_out = false;
  std::string printed, complained;  ///< standard output and error, the first MiB of each
  std::string refusal;              ///< why it did not start
};

struct AnswerSeen {
  Request request;
  std::string silence;              ///< why there was no answer
  int status = 0;
  std::map<std::string, std::string> headers{};  ///< those that users of an answer go by; of cookies the names
  std::uint64_t size = 0;           ///< of the body, up to 1 MiB
  Digest body = Digest::from({});
  std::string begins{};             ///< the first 256 bytes of it, made visible
  bool steady = true;               ///< asked twice it said the same
};

struct ProcessSeen {
  std::string name;
  std::uint32_t uid = 0, gid = 0;   ///< as the container has them
  bool capable = false;             ///< holds any capability
  friend auto operator<=>(const ProcessSeen&, const ProcessSeen&) = default;
};

/// What was seen of an image's program.
struct Watched {
  std::string refusal;                       ///< why it did not start; then nothing else was seen
  std::optional<int> exit_code;              ///< it ended by itself
  std::optional<double> ready_seconds;       ///< until it listened as it was waited for, or ended
  std::vector<std::uint16_t> listening{};
  std::vector<AnswerSeen> answers{};         ///< a row for each request
  std::optional<CommandSeen> health{};       ///< its health command's last end; none: it has none, or it was over before
  std::vector<CommandSeen> alone{}, beside{};  ///< in the order of the options
  std::vector<ProcessSeen> processes{};      ///< sorted, each once
  std::vector<std::string> written{};        ///< of a loose run: files that it made or changed in its root, and folders that it made; sorted, absolute
  std::string last_lines;                    ///< of what its program printed, at most 20
  std::vector<std::string> writable{};       ///< what stays writable where the root is not: /tmp, /run and its volumes
};

/// Runs the image's program in a container with a network of its own until it is ready or ends, looks at it, and leaves nothing behind. NotFound where this
/// machine cannot run it (another processor, no runtime), with a sentence for people; another Error is one of reading the image or of the machine.
Result<Watched> watch(oci::ImageReader& image, const oci::PlatformImage& which, host::Machine& machine, const WatchOptions& options, Progress& progress);

/// What differs for whoever uses it, breaking ones first, then by id and subject (docs/proving-migrations.md).
std::vector<Change> compare(const Watched& before, const Watched& after);

}  // namespace ashlar::prove
