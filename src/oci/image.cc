#include "oci/image.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "oci/inner/descriptor_json.h"

namespace ashlar::oci {
namespace {

Json to_json(const Platform& platform) {
  Json json = {{"architecture", platform.architecture}, {"os", platform.os}};
  if (!platform.variant.empty()) json["variant"] = platform.variant;
  return json;
}

Json to_json(const std::map<std::string, std::string>& texts) {
  Json json = Json::object();
  for (const auto& [name, value] : texts) json[name] = value;
  return json;
}

/// Names as the keys of an object of empty objects: the form of ExposedPorts and Volumes.
Json to_set(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  Json json = Json::object();
  for (const std::string& name : names) json[name] = Json::object();
  return json;
}

Result<std::map<std::string, std::string>> read_texts(const Json& json, const char* key) {
  std::map<std::string, std::string> out;
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return out;
  if (!found->is_object()) return fail(Kind::Corrupt, fmt::format("'{}' is not an object", key));
  for (const auto& [name, value] : found->items()) {
    if (!value.is_string()) return fail(Kind::Corrupt, fmt::format("'{}' of '{}' is not a string", name, key));
    out[name] = value.get<std::string>();
  }
  return out;
}

Result<std::vector<std::string>> read_list(const Json& json, const char* key) {
  std::vector<std::string> out;
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return out;
  if (!found->is_array()) return fail(Kind::Corrupt, fmt::format("'{}' is not a list", key));
  for (const Json& value : *found) {
    if (!value.is_string()) return fail(Kind::Corrupt, fmt::format("'{}' has an entry that is not a string", key));
    out.push_back(value.get<std::string>());
  }
  return out;
}

Result<std::vector<std::string>> read_set(const Json& json, const char* key) {
  std::vector<std::string> out;
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return out;
  if (!found->is_object()) return fail(Kind::Corrupt, fmt::format("'{}' is not an object", key));
  for (const auto& [name, value] : found->items()) out.push_back(name);
  return out;
}

/// A string that may be absent or null.
Result<std::string> read_text(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return std::string();
  return get_string(json, key);
}

/// v8 is the only variant of arm64 (image-spec image-index.md, "Platform Variants"): with or without it, the platform is the same.
Platform settled(Platform platform) {
  if (platform.architecture == "arm64" && platform.variant == "v8") platform.variant.clear();
  return platform;
}

Result<Platform> read_platform(const Json& json) {
  Platform platform;
  TRY_ASSIGN(platform.os, get_string(json, "os"));
  TRY_ASSIGN(platform.architecture, get_string(json, "architecture"));
  TRY_ASSIGN(platform.variant, read_text(json, "variant"));
  return settled(std::move(platform));
}

Result<Descriptor> read_descriptor(const Json& json) {
  if (!json.is_object()) return fail(Kind::Corrupt, "a descriptor is not an object");
  TRY_ASSIGN(auto media_type, get_string(json, "mediaType"));
  TRY_ASSIGN(const auto digest_text, get_string(json, "digest"));
  TRY_ASSIGN(const auto digest, Digest::parse(digest_text));
  TRY_ASSIGN(const auto size, get_integer(json, "size"));
  if (size < 0) return fail(Kind::Corrupt, "a descriptor's size is negative");
  Descriptor out{std::move(media_type), digest, static_cast<std::uint64_t>(size), {}, {}};
  if (const auto found = json.find("platform"); found != json.end() && found->is_object()) {
    TRY_ASSIGN(out.platform, read_platform(*found));
  }
  TRY_ASSIGN(out.annotations, read_texts(json, "annotations"));
  return out;
}

Result<std::vector<Descriptor>> read_descriptors(const Json& json, const char* key) {
  std::vector<Descriptor> out;
  const auto found = json.find(key);
  if (found == json.end() || !found->is_array()) return fail(Kind::Corrupt, fmt::format("'{}' is missing or not a list", key));
  for (const Json& each : *found) {
    TRY_ASSIGN(auto descriptor, read_descriptor(each));
    out.push_back(std::move(descriptor));
  }
  return out;
}

Result<Json> read_object(std::string_view text, std::string_view what) {
  auto json = parse_json(text, what);
  if (!json) return cannot(Kind::Corrupt, fmt::format("read {}", what), json.error().message);
  if (!json->is_object()) return cannot(Kind::Corrupt, fmt::format("read {}", what), "it is not an object");
  return json;
}

template <class T>
Result<T> named(std::string_view what, Result<T> result) {
  if (!result) return cannot(Kind::Corrupt, fmt::format("read {}", what), result.error().message);
  return result;
}

constexpr std::int64_t second = 1'000'000'000;  // in nanoseconds, as the extension counts

Result<std::optional<HealthCheck>> read_health(const Json& json) {
  const auto found = json.find("Healthcheck");
  if (found == json.end() || !found->is_object()) return std::nullopt;
  HealthCheck out;
  TRY_ASSIGN(out.test, read_list(*found, "Test"));
  const auto number = [&](const char* key, std::int64_t unit) {
    const auto value = found->find(key);
    return value != found->end() && value->is_number_integer() ? static_cast<int>(std::clamp<std::int64_t>(value->get<std::int64_t>() / unit, 0, 1 << 30)) : 0;
  };
  out.interval = number("Interval", second);
  out.timeout = number("Timeout", second);
  out.retries = number("Retries", 1);
  return out;
}

Json health_json(const HealthCheck& health) {
  return {{"Test", health.test}, {"Interval", health.interval * second}, {"Timeout", health.timeout * second}, {"Retries", health.retries}};
}

/// A place where a volume can lie: none over the root, and none that climbs.
bool is_volume(std::string_view path) {
  const auto parts = split(path, '/');
  return path.starts_with('/') && path.find_first_not_of('/') != std::string_view::npos && path.find('\0') == std::string_view::npos && std::ranges::find(parts, "..") == parts.end();
}

Done check_names(const Config& config) {
  for (const std::string& port : config.ports) {
    if (!Port::parse(port)) return fail(Kind::Corrupt, fmt::format("'{}' of 'ExposedPorts' is no port, as '8080/tcp' is", port.substr(0, 80)));
  }
  for (const std::string& volume : config.volumes) {
    if (!is_volume(volume)) return fail(Kind::Corrupt, fmt::format("'{}' of 'Volumes' is no absolute path of a folder", volume.substr(0, 80)));
  }
  return {};
}

Result<Config> config_of(const Json& json) {
  Config out;
  TRY_ASSIGN(out.platform, read_platform(json));
  TRY_ASSIGN(out.created, read_text(json, "created"));
  if (const auto found = json.find("config"); found != json.end() && found->is_object()) {
    TRY_ASSIGN(out.user, read_text(*found, "User"));
    TRY_ASSIGN(out.working_dir, read_text(*found, "WorkingDir"));
    TRY_ASSIGN(out.stop_signal, read_text(*found, "StopSignal"));
    TRY_ASSIGN(out.env, read_list(*found, "Env"));
    TRY_ASSIGN(out.entrypoint, read_list(*found, "Entrypoint"));
    TRY_ASSIGN(out.cmd, read_list(*found, "Cmd"));
    TRY_ASSIGN(out.ports, read_set(*found, "ExposedPorts"));
    TRY_ASSIGN(out.volumes, read_set(*found, "Volumes"));
    TRY(check_names(out));
    TRY_ASSIGN(out.labels, read_texts(*found, "Labels"));
    TRY_ASSIGN(out.health, read_health(*found));
  }
  const auto rootfs = json.find("rootfs");
  if (rootfs == json.end() || !rootfs->is_object()) return fail(Kind::Corrupt, "'rootfs' is missing");
  TRY_ASSIGN(const auto diff_ids, read_list(*rootfs, "diff_ids"));
  for (const std::string& text : diff_ids) {
    TRY_ASSIGN(const auto digest, Digest::parse(text));
    out.diff_ids.push_back(digest);
  }
  if (const auto history = json.find("history"); history != json.end() && history->is_array()) {
    for (const Json& each : *history) {
      if (!each.is_object()) return fail(Kind::Corrupt, "an entry of 'history' is not an object");
      Config::History line;
      TRY_ASSIGN(line.created, read_text(each, "created"));
      TRY_ASSIGN(line.created_by, read_text(each, "created_by"));
      TRY_ASSIGN(line.comment, read_text(each, "comment"));
      const auto empty = each.find("empty_layer");
      line.empty_layer = empty != each.end() && empty->is_boolean() && empty->get<bool>();
      out.history.push_back(std::move(line));
    }
  }
  return out;
}

Result<Manifest> manifest_of(const Json& json) {
  TRY_ASSIGN(auto media_type, read_text(json, "mediaType"));
  const auto found = json.find("config");
  if (found == json.end()) return fail(Kind::Corrupt, "'config' is missing");
  TRY_ASSIGN(auto config, read_descriptor(*found));
  Manifest out{std::move(media_type), std::move(config), {}, {}};
  TRY_ASSIGN(out.layers, read_descriptors(json, "layers"));
  TRY_ASSIGN(out.annotations, read_texts(json, "annotations"));
  return out;
}

Result<ImageIndex> index_of(const Json& json) {
  ImageIndex out;
  TRY_ASSIGN(out.manifests, read_descriptors(json, "manifests"));
  TRY_ASSIGN(out.annotations, read_texts(json, "annotations"));
  return out;
}

}  // namespace

Json to_json(const Descriptor& descriptor) {
  Json json = {{"mediaType", descriptor.media_type}, {"digest", descriptor.digest.str()}, {"size", descriptor.size}};
  if (descriptor.platform) json["platform"] = to_json(*descriptor.platform);
  if (!descriptor.annotations.empty()) json["annotations"] = to_json(descriptor.annotations);
  return json;
}

bool is_index(std::string_view media_type) { return media_type == media::index || media_type == media::docker_list; }

Result<Platform> Platform::parse(std::string_view text) {
  const auto parts = split(text, '/');
  const auto good = [](std::string_view part) {
    return !part.empty() && part.size() <= 32 && std::all_of(part.begin(), part.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'; });
  };
  if (parts.size() < 2 || parts.size() > 3 || !std::all_of(parts.begin(), parts.end(), good))
    return cannot(Kind::Invalid, fmt::format("read platform '{}'", text.substr(0, 80)), "it is not of the form 'linux/amd64' or 'linux/arm/v7'");
  Platform out{std::string(parts[0]), std::string(parts[1]), parts.size() == 3 ? std::string(parts[2]) : std::string()};
  return settled(std::move(out));
}

std::optional<Port> Port::parse(std::string_view text) {
  const auto number = [](std::string_view digits) {
    std::uint16_t value = 0;
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return fault == std::errc() && end == digits.data() + digits.size() ? value : std::uint16_t{0};
  };
  const auto [range, protocol] = cut(text, '/');
  if (range.size() != text.size() && protocol != "tcp" && protocol != "udp" && protocol != "sctp") return std::nullopt;
  const auto [from, to] = cut(range, '-');
  const std::uint16_t first = number(from), last = from.size() == range.size() ? first : number(to);
  if (first == 0 || last < first) return std::nullopt;
  return Port{first, last, std::string(protocol.empty() ? "tcp" : protocol)};
}

std::string Platform::str() const { return os + "/" + architecture + (variant.empty() ? "" : "/" + variant); }

std::string Platform::debian() const {
  constexpr std::pair<std::string_view, std::string_view> names[] = {{"386", "i386"}, {"ppc64le", "ppc64el"}, {"mips64le", "mips64el"}};
  if (architecture == "arm") return variant == "v7" || variant.empty() ? "armhf" : "armel";
  for (const auto& [ours, theirs] : names) {
    if (architecture == ours) return std::string(theirs);
  }
  return architecture;
}

std::optional<std::string> variable(const Config& config, std::string_view name) {
  for (const std::string& each : config.env) {
    const auto [key, value] = cut(each, '=');
    if (key == name) return std::string(value);
  }
  return std::nullopt;
}

std::vector<std::string> program_places(const Config& config, std::string_view program) {
  const std::string folder = config.working_dir.starts_with('/') ? config.working_dir : "/" + config.working_dir;
  const auto below = [](std::string_view at, std::string_view rest) { return fmt::format("{}{}{}", at, at.ends_with('/') ? "" : "/", rest); };
  if (program.empty()) return {};
  if (program.starts_with('/')) return {std::string(program)};
  if (program.find('/') != std::string_view::npos) return {below(folder, program)};
  std::vector<std::string> out;
  const std::string path = variable(config, "PATH").value_or(std::string(default_path));
  for (const std::string_view each : split(path, ':')) out.push_back(each.starts_with('/') ? below(each, program) : below(each.empty() ? folder : below(folder, each), program));
  return out;
}

std::string to_text(const Config& config) {
  Json inner = Json::object();
  if (!config.user.empty()) inner["User"] = config.user;
  if (!config.ports.empty()) inner["ExposedPorts"] = to_set(config.ports);
  if (!config.env.empty()) inner["Env"] = config.env;
  if (!config.entrypoint.empty()) inner["Entrypoint"] = config.entrypoint;
  if (!config.cmd.empty()) inner["Cmd"] = config.cmd;
  if (config.health) inner["Healthcheck"] = health_json(*config.health);
  if (!config.volumes.empty()) inner["Volumes"] = to_set(config.volumes);
  if (!config.working_dir.empty()) inner["WorkingDir"] = config.working_dir;
  if (!config.labels.empty()) inner["Labels"] = to_json(config.labels);
  if (!config.stop_signal.empty()) inner["StopSignal"] = config.stop_signal;
  Json diff_ids = Json::array(), history = Json::array();
  for (const Digest& digest : config.diff_ids) diff_ids.push_back(digest.str());
  for (const Config::History& line : config.history) {
    Json row = Json::object();
    if (!line.created.empty()) row["created"] = line.created;
    if (!line.created_by.empty()) row["created_by"] = line.created_by;
    if (!line.comment.empty()) row["comment"] = line.comment;
    if (line.empty_layer) row["empty_layer"] = true;
    history.push_back(std::move(row));
  }
  Json json = Json::object();
  if (!config.created.empty()) json["created"] = config.created;
  json.update(to_json(config.platform));
  json["config"] = std::move(inner);
  json["rootfs"] = {{"type", "layers"}, {"diff_ids", std::move(diff_ids)}};
  if (!history.empty()) json["history"] = std::move(history);
  return to_compact(json);
}

std::string to_text(const Manifest& manifest) {
  Json layers = Json::array();
  for (const Descriptor& layer : manifest.layers) layers.push_back(to_json(layer));
  Json json = {{"schemaVersion", 2}, {"mediaType", manifest.media_type.empty() ? std::string(media::manifest) : manifest.media_type},
               {"config", to_json(manifest.config)}, {"layers", std::move(layers)}};
  if (!manifest.annotations.empty()) json["annotations"] = to_json(manifest.annotations);
  return to_compact(json);
}

std::string to_text(const ImageIndex& index) {
  Json manifests = Json::array();
  for (const Descriptor& manifest : index.manifests) manifests.push_back(to_json(manifest));
  Json json = {{"schemaVersion", 2}, {"mediaType", media::index}, {"manifests", std::move(manifests)}};
  if (!index.annotations.empty()) json["annotations"] = to_json(index.annotations);
  return to_compact(json);
}

Result<Config> read_config(std::string_view text) {
  TRY_ASSIGN(const Json json, read_object(text, "image config"));
  return named("image config", config_of(json));
}

Result<Manifest> read_manifest(std::string_view text) {
  TRY_ASSIGN(const Json json, read_object(text, "image manifest"));
  return named("image manifest", manifest_of(json));
}

Result<ImageIndex> read_index(std::string_view text) {
  TRY_ASSIGN(const Json json, read_object(text, "image index"));
  return named("image index", index_of(json));
}

}  // namespace ashlar::oci
