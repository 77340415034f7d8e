#pragma once
// The values of the OCI image specification 1.1: descriptors, configs, manifests, indexes. Their JSON is canonical: same value, same bytes.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/json.h"

namespace ashlar::oci {

namespace media {
inline constexpr std::string_view index = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view manifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view config = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view layer_gzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view layer_zstd = "application/vnd.oci.image.layer.v1.tar+zstd";
inline constexpr std::string_view layer_tar = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view docker_list = "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view docker_manifest = "application/vnd.docker.distribution.manifest.v2+json";
}  // namespace media

/// Whether a type is an index's, the OCI's or Docker's.
bool is_index(std::string_view media_type);

/// `linux/amd64`, `linux/arm/v7`. Of arm64, whose only variant is v8, the variant is left out: `linux/arm64/v8` is `linux/arm64`.
struct Platform {
  std::string os = "linux", architecture = "amd64", variant;
  static Result<Platform> parse(std::string_view text);
  std::string str() const;
  std::string debian() const;  ///< dpkg's name of the architecture
  friend bool operator==(const Platform&, const Platform&) = default;
};

/// A key of `ExposedPorts`: `8080/tcp`, `53/udp`, `8080`, `4510-4559/tcp`. Ports are 1 to 65535; without a protocol it is tcp, else tcp, udp or sctp.
struct Port {
  std::uint16_t first = 0, last = 0;
  std::string protocol;
  static std::optional<Port> parse(std::string_view text);
};

struct Descriptor {
  std::string media_type;
  Digest digest = Digest::from({});
  std::uint64_t size = 0;
  std::optional<Platform> platform;
  std::map<std::string, std::string> annotations;
};

/// `Healthcheck`, an extension of the config by Docker (moby image spec v1.2) that the OCI's leaves room for; Kubernetes does not read it.
struct HealthCheck {
  std::vector<std::string> test;  ///< `CMD` and the words of a command
  int interval = 0, timeout = 0, retries = 0;  ///< seconds, and how often it may fail
};

/// image-spec config.md
struct Config {
  Platform platform;
  std::string created;  ///< RFC 3339
  std::string user, working_dir, stop_signal;
  std::vector<std::string> env, entrypoint, cmd;  ///< env: `NAME=value`, sorted
  std::vector<std::string> ports, volumes;  ///< what is read has sound ports and absolute volumes alone
  std::map<std::string, std::string> labels;
  std::optional<HealthCheck> health;
  std::vector<Digest> diff_ids;
  struct History { std::string created, created_by, comment; bool empty_layer = false; };
  std::vector<History> history;
};

/// PATH where a configuration has none, as container engines set it.
inline constexpr std::string_view default_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// What the configuration sets a variable to; nothing when it does not.
std::optional<std::string> variable(const Config& config, std::string_view name);
/// The absolute paths at which a runtime looks for a program that it is to start: one with a slash at its own, from the working folder on, others in
/// each folder of PATH.
std::vector<std::string> program_places(const Config& config, std::string_view program);

struct Manifest {
  std::string media_type;  ///< media::manifest when empty
  Descriptor config;
  std::vector<Descriptor> layers;
  std::map<std::string, std::string> annotations;
};
struct ImageIndex {
  std::vector<Descriptor> manifests;
  std::map<std::string, std::string> annotations;
};

std::string to_text(const Config& config);
std::string to_text(const Manifest& manifest);
std::string to_text(const ImageIndex& index);
Result<Config> read_config(std::string_view text);
Result<Manifest> read_manifest(std::string_view text);
Result<ImageIndex> read_index(std::string_view text);

}  // namespace ashlar::oci
