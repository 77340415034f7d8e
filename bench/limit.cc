// The limit of an image: the least that any builder must compute for it with the libraries that we use, called directly on bytes in memory.
//   limit LOCK PLATFORM PACKAGES LAYOUT [REPEAT]
//   limit --all PLATFORM PACKAGES LAYOUT REPEAT LOCK...
// LOCK is a lock file, PLATFORM one of its platforms, PACKAGES the folder `sha256/<2 hex>/<62 hex>` of its .deb files, LAYOUT the image built of it.
// Processor time to decompress the data.tar of each package (liblzma, libzstd, zlib), to pack what the layers hold (libdeflate, level 6), and to hash
// packages, layers and what the layers hold (SHA-256 by OpenSSL): the median of REPEAT (5) rounds, and its share of each processor.
// With --all it is that of every image in LAYOUT for the bytes that differ: each package is decompressed and hashed once, each layer hashed once, and of
// what layers hold each file is packed once, in however many layers it lies.
#include <libdeflate.h>
#include <lzma.h>
#include <openssl/evp.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Json = nlohmann::json;
using Buffer = std::vector<std::uint8_t>;
constexpr size_t window = 1 << 20;  // what decoders write into, and what one gzip member holds

struct View {
  const std::uint8_t* data;
  size_t size;
};

/// A benchmark's user reads the words and mends the call; there is nobody to hand an error to.
[[noreturn]] void stop(const std::string& words) { throw std::runtime_error(words); }

Buffer read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) stop("cannot read '" + path + "'");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}
Json read_json(const std::string& path) {
  const Buffer bytes = read_file(path);
  return Json::parse(bytes.begin(), bytes.end());
}

double cpu_now() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

/// The member of a .deb (deb(5): ar) whose name begins with `data.tar`, and that name.
View data_member(const Buffer& deb, std::string& name) {
  for (size_t at = 8; at + 60 <= deb.size();) {
    const std::string header(reinterpret_cast<const char*>(deb.data()) + at, 60);
    const size_t size = std::strtoull(header.substr(48, 10).c_str(), nullptr, 10);
    name = header.substr(0, header.find_first_of(" /"));
    at += 60;
    if (size > deb.size() - at) break;
    if (name.starts_with("data.tar")) return {deb.data() + at, size};
    at += size + size % 2;
  }
  stop("a package has no data.tar");
}

/// Where decoded bytes go: nowhere, or into a buffer.
struct Target {
  Buffer* keep = nullptr;
  std::uint64_t count = 0;
  void take(const std::uint8_t* data, size_t size) {
    count += size;
    if (keep != nullptr) keep->insert(keep->end(), data, data + size);
  }
};

void decode_xz(View from, Target& to) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, UINT64_MAX, LZMA_CONCATENATED) != LZMA_OK) stop("liblzma does not start");
  Buffer out(window);
  stream.next_in = from.data;
  stream.avail_in = from.size;
  for (lzma_ret result = LZMA_OK; result != LZMA_STREAM_END;) {
    stream.next_out = out.data();
    stream.avail_out = out.size();
    result = lzma_code(&stream, LZMA_FINISH);
    if (result != LZMA_OK && result != LZMA_STREAM_END) stop("a data.tar.xz is damaged");
    to.take(out.data(), out.size() - stream.avail_out);
  }
  lzma_end(&stream);
}

void decode_zstd(View from, Target& to) {
  ZSTD_DStream* stream = ZSTD_createDStream();
  Buffer out(window);
  ZSTD_inBuffer in{from.data, from.size, 0};
  for (bool full = false; in.pos < in.size || full;) {
    ZSTD_outBuffer buffer{out.data(), out.size(), 0};
    if (ZSTD_isError(ZSTD_decompressStream(stream, &buffer, &in))) stop("a zstd stream is damaged");
    to.take(out.data(), buffer.pos);
    full = buffer.pos == buffer.size;
  }
  ZSTD_freeDStream(stream);
}

void decode_gzip(View from, Target& to) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) stop("zlib does not start");
  Buffer out(window);
  stream.next_in = const_cast<Bytef*>(from.data);  // zlib reads from it only
  stream.avail_in = static_cast<uInt>(from.size);
  for (int result = Z_OK; stream.avail_in > 0 || result != Z_STREAM_END;) {
    stream.next_out = out.data();
    stream.avail_out = static_cast<uInt>(out.size());
    if (result == Z_STREAM_END) inflateReset(&stream);  // the next member
    result = inflate(&stream, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END) stop("a gzip stream is damaged");
    to.take(out.data(), out.size() - stream.avail_out);
  }
  inflateEnd(&stream);
}

void decode(const std::string& name, View from, Target& to) {
  if (name.ends_with("xz")) decode_xz(from, to);
  else if (name.ends_with("zst") || name.ends_with("zstd")) decode_zstd(from, to);
  else if (name.ends_with("gz") || name.ends_with("gzip")) decode_gzip(from, to);
  else to.take(from.data, from.size);
}

void hash(View bytes) {
  std::uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(bytes.data, bytes.size, digest, &size, EVP_sha256(), nullptr) != 1) stop("OpenSSL does not hash");
}

void pack(View bytes) {
  libdeflate_compressor* compressor = libdeflate_alloc_compressor(6);
  Buffer out(libdeflate_gzip_compress_bound(compressor, window));
  for (size_t at = 0; at < bytes.size; at += window) {
    if (libdeflate_gzip_compress(compressor, bytes.data + at, std::min(window, bytes.size - at), out.data(), out.size()) == 0) stop("libdeflate does not pack");
  }
  libdeflate_free_compressor(compressor);
}

/// What one round costs, in seconds of processor time, and how many bytes it was about.
struct Cost {
  double decompress = 0, pack = 0, hash = 0;
  std::uint64_t packages = 0, unpacked = 0, layers = 0, content = 0, hashed = 0;
  double all() const { return decompress + pack + hash; }
};

template <class Work>
void timed(double& into, const Work& work) {
  const double start = cpu_now();
  work();
  into += cpu_now() - start;
}

std::string blob_of(const std::string& layout, const std::string& digest) { return layout + "/blobs/sha256/" + digest.substr(digest.find(':') + 1); }

/// The manifests of a platform: found by the platform in the config, whatever the tags are.
void add_manifests(const std::string& layout, const std::string& platform, const std::string& blob, std::vector<Json>& out) {
  const Json json = read_json(blob);
  if (json.contains("config")) {
    const Json config = read_json(blob_of(layout, json["config"]["digest"]));
    const std::string name = config["os"].get<std::string>() + "/" + config["architecture"].get<std::string>() + (config.contains("variant") ? "/" + config["variant"].get<std::string>() : "");
    if (name == platform) out.push_back(json);
    return;
  }
  for (const Json& each : json["manifests"]) add_manifests(layout, platform, blob_of(layout, each["digest"]), out);
}

/// What has been counted already.
struct Seen {
  std::set<std::string> packages, layers;
  std::set<std::uint64_t> files;
};

/// The members of a tar stream (headers with contents, padded) that were in none before.
Buffer unseen_of(const Buffer& tar, Seen& seen) {
  Buffer out;
  for (size_t at = 0; at + 512 <= tar.size() && tar[at] != 0;) {
    const std::string digits(reinterpret_cast<const char*>(tar.data()) + at + 124, 11);
    const size_t size = std::strtoull(digits.c_str(), nullptr, 8), whole = std::min(tar.size() - at, 512 + (size + 511) / 512 * 512);
    const std::string_view member(reinterpret_cast<const char*>(tar.data()) + at, whole);
    if (seen.files.insert(std::hash<std::string_view>{}(member)).second) out.insert(out.end(), tar.begin() + static_cast<std::ptrdiff_t>(at), tar.begin() + static_cast<std::ptrdiff_t>(at + whole));
    at += whole;
  }
  return out;
}

void add_packages(Cost& cost, const Json& lock, const std::string& platform, const std::string& packages, Seen& seen) {
  for (const Json& package : lock["platforms"][platform]["packages"]) {
    const std::string sha256 = package["sha256"];
    if (!seen.packages.insert(sha256).second) continue;
    const Buffer deb = read_file(packages + "/sha256/" + sha256.substr(0, 2) + "/" + sha256.substr(2));
    std::string name;
    const View data = data_member(deb, name);
    Target nowhere;
    timed(cost.hash, [&] { hash({deb.data(), deb.size()}); });
    timed(cost.decompress, [&] { decode(name, data, nowhere); });
    cost.packages += deb.size();
    cost.unpacked += nowhere.count;
  }
}

/// `distinct`: of what the layers hold, files that lay in another layer are not packed again.
void add_layers(Cost& cost, const Json& manifest, const std::string& layout, Seen& seen, bool distinct) {
  for (const Json& layer : manifest["layers"]) {
    if (!seen.layers.insert(layer["digest"]).second) continue;
    const Buffer packed = read_file(blob_of(layout, layer["digest"]));
    Buffer content;
    Target keep{&content};
    decode(layer["mediaType"], {packed.data(), packed.size()}, keep);
    timed(cost.hash, [&] { hash({packed.data(), packed.size()}), hash({content.data(), content.size()}); });
    cost.hashed += packed.size() + content.size();
    if (distinct) content = unseen_of(content, seen);
    timed(cost.pack, [&] { pack({content.data(), content.size()}); });
    cost.layers += packed.size();
    cost.content += content.size();
  }
}

Cost round_of(const std::vector<Json>& locks, const std::string& platform, const std::string& packages, const std::string& layout, const std::vector<Json>& manifests) {
  Cost cost;
  Seen seen;
  for (const Json& lock : locks) add_packages(cost, lock, platform, packages, seen);
  for (const Json& manifest : manifests) add_layers(cost, manifest, layout, seen, manifests.size() > 1);
  return cost;
}

int run(int argc, char** argv) {
  const bool all = argc > 1 && std::string_view(argv[1]) == "--all";
  if (argc < (all ? 7 : 5)) return std::fputs("usage: limit LOCK PLATFORM PACKAGES LAYOUT [REPEAT]\n       limit --all PLATFORM PACKAGES LAYOUT REPEAT LOCK...\n", stderr), 2;
  const std::string platform = argv[2], packages = argv[3], layout = argv[4];
  const int repeat = argc > 5 ? std::max(1, std::atoi(argv[5])) : 5;
  std::vector<Json> locks;
  if (!all) locks.push_back(read_json(argv[1]));
  for (int at = 6; all && at < argc; ++at) locks.push_back(read_json(argv[at]));
  for (const Json& lock : locks) {
    if (!lock["platforms"].contains(platform)) stop("a lock has no platform '" + platform + "'");
  }
  std::vector<Json> manifests;
  add_manifests(layout, platform, layout + "/index.json", manifests);
  if (manifests.empty()) stop("the layout has no image for '" + platform + "'");
  if (!all) manifests.resize(1);
  std::vector<Cost> rounds;
  for (int round = 0; round < repeat; ++round) rounds.push_back(round_of(locks, platform, packages, layout, manifests));
  std::sort(rounds.begin(), rounds.end(), [](const Cost& a, const Cost& b) { return a.all() < b.all(); });
  const Cost& median = rounds[rounds.size() / 2];
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  const Json answer = {{"limit", median.all() / cores}, {"cores", cores}, {"cpu", median.all()}, {"decompress", median.decompress}, {"pack", median.pack}, {"hash", median.hash},
                       {"package_bytes", median.packages}, {"unpacked_bytes", median.unpacked}, {"layer_bytes", median.layers}, {"content_bytes", median.content}, {"rounds", repeat}};
  std::puts(answer.dump().c_str());
  const auto rate = [](std::uint64_t bytes, double seconds) { return seconds > 0 ? static_cast<double>(bytes) / 1e6 / seconds : 0; };
  std::fprintf(stderr, "limit %.3f s on %u processors: decompress %.3f s (%.0f MB/s), pack %.3f s (%.0f MB/s), hash %.3f s (%.0f MB/s)\n", median.all() / cores, cores,
               median.decompress, rate(median.unpacked, median.decompress), median.pack, rate(median.content, median.pack), median.hash,
               rate(median.packages + median.hashed, median.hash));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "limit: %s\n", error.what());
    return 1;
  }
}
