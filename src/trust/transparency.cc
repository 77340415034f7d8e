#include "trust/transparency.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <vector>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/text.h"
#include "trust/certificate.h"
#include "trust/inner/protobuf_json.h"
#include "trust/inner/verifying_key.h"

namespace ashlar::trust {
namespace {

constexpr size_t key_hint_size = 4;
constexpr std::string_view signature_mark = "\xe2\x80\x94 ";  // an em dash

std::string leaf_hash(std::string_view leaf) { return hash_of(HashName::Sha256, std::string(1, '\0') + std::string(leaf)); }
std::string node_hash(std::string_view left, std::string_view right) { return hash_of(HashName::Sha256, std::string(1, '\1') + std::string(left) + std::string(right)); }

std::unexpected<Error> denied(std::string why) { return fail(Kind::Denied, std::move(why)); }

/// `https://rekor.example:8080/api` is of the host `rekor.example`.
std::string_view host_of(std::string_view url) {
  if (const size_t scheme = url.find("://"); scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find('/'));
  return url.substr(0, url.rfind(':'));
}

/// Rekor v1 names the tree: `rekor.sigstore.dev - 1193050959916656506`.
bool names_a_tree(std::string_view origin) {
  const size_t dash = origin.rfind(" - ");
  if (dash == std::string_view::npos) return false;
  const std::string_view number = origin.substr(dash + 3);
  return !number.empty() && std::all_of(number.begin(), number.end(), [](char each) { return each >= '0' && each <= '9'; });
}

Result<Checkpoint> read_head(std::string_view text) {
  const auto lines = split(text, '\n');
  Checkpoint out;
  if (lines.size() < 4 || lines[0].empty()) return denied("the log's checkpoint is not of the form origin, size, root hash");
  out.origin = lines[0];
  const auto [end, failure] = std::from_chars(lines[1].data(), lines[1].data() + lines[1].size(), out.size);
  if (failure != std::errc() || end != lines[1].data() + lines[1].size() || out.size < 1) return denied("the log's checkpoint has no size");
  const auto root = from_base64(lines[2]);
  if (!root || root->size() != 32) return denied("the log's checkpoint has no root hash");
  out.root_hash = as_text(*root);
  return out;
}

/// One line below a note: `— name base64(4 bytes of the key's id, signature)`.
struct NoteSignature {
  std::string name, hint, bytes;
};

Result<std::vector<NoteSignature>> read_signatures(std::string_view text) {
  std::vector<NoteSignature> out;
  if (text.empty() || !text.ends_with('\n')) return denied("the log's checkpoint is not signed");
  text.remove_suffix(1);
  for (const std::string_view line : split(text, '\n')) {
    if (!line.starts_with(signature_mark) || out.size() == 100) return denied("the log's checkpoint has a signature that is none");
    const auto [name, encoded] = cut(line.substr(signature_mark.size()), ' ');
    const auto bytes = from_base64(encoded);
    if (name.empty() || !bytes || bytes->size() <= key_hint_size) return denied("the log's checkpoint has a signature that is none");
    const std::string_view raw = as_text(*bytes);
    out.push_back({std::string(name), std::string(raw.substr(0, key_hint_size)), std::string(raw.substr(key_hint_size))});
  }
  return out;
}

/// A certificate or a public key in PEM.
Done read_verifier(std::string_view pem, LoggedSignature& out) {
  if (const auto certificate = Certificate::parse_pem(pem)) {
    out.certificate = certificate->der();
    return {};
  }
  TRY_ASSIGN(const VerifyingKey key, VerifyingKey::from_pem(pem));
  out.key = key.der();
  return {};
}

/// dev.sigstore.rekor.v2.Verifier
Done read_verifier(const Message& verifier, LoggedSignature& out) {
  TRY_ASSIGN(const auto certificate, verifier.message("x509Certificate"));
  TRY_ASSIGN(const auto key, verifier.message("publicKey"));
  if (certificate.has_value() == key.has_value()) return verifier.wrong("x509Certificate", "there must be either a certificate or a key");
  if (certificate) {
    TRY_ASSIGN(out.certificate, certificate->bytes("rawBytes", 65536));
  } else {
    TRY_ASSIGN(out.key, key->bytes("rawBytes", 65536));
  }
  return {};
}

Result<Message> single(const Message& message, std::string_view name) {
  TRY_ASSIGN(const auto all, message.messages(name, 32));
  if (all.size() != 1) return message.wrong(name, "there must be exactly one");
  return all[0];
}

Result<std::string> from_hex(const Message& message, std::string_view name) {
  TRY_ASSIGN(const std::string hex, message.text(name, 128));
  std::string out;
  for (size_t at = 0; at + 1 < hex.size(); at += 2) {
    unsigned value = 0;
    const auto [end, failure] = std::from_chars(hex.data() + at, hex.data() + at + 2, value, 16);
    if (failure != std::errc() || end != hex.data() + at + 2) return message.wrong(name, "it is not hexadecimal");
    out += static_cast<char>(value);
  }
  if (hex.empty() || hex.size() % 2 != 0) return message.wrong(name, "it is not hexadecimal");
  return out;
}

Done read_hash(const Message& message, std::string_view name, LoggedSignature& out) {
  TRY_ASSIGN(const Message hash, message.required(name));
  TRY_ASSIGN(out.hash, hash.text("algorithm", 20));
  TRY_ASSIGN(out.digest, from_hex(hash, "value"));
  return {};
}

Done read_new_hash(const Message& message, std::string_view name, LoggedSignature& out) {
  TRY_ASSIGN(const Message hash, message.required(name));
  TRY_ASSIGN(out.hash, hash.choice("algorithm"));
  TRY_ASSIGN(out.digest, hash.bytes("digest", 64));
  return {};
}

Done read_hashedrekord_1(const Message& spec, LoggedSignature& out) {
  TRY_ASSIGN(const Message data, spec.required("data"));
  TRY(read_hash(data, "hash", out));
  TRY_ASSIGN(const Message signature, spec.required("signature"));
  TRY_ASSIGN(out.signature, signature.bytes("content", 65536));
  TRY_ASSIGN(const Message key, signature.required("publicKey"));
  TRY_ASSIGN(const std::string pem, key.bytes("content", 65536));
  return read_verifier(pem, out);
}

Done read_hashedrekord_2(const Message& spec, LoggedSignature& out) {
  TRY_ASSIGN(const Message record, spec.required("hashedRekordV002"));
  TRY(read_new_hash(record, "data", out));
  TRY_ASSIGN(const Message signature, record.required("signature"));
  TRY_ASSIGN(out.signature, signature.bytes("content", 65536));
  TRY_ASSIGN(const Message verifier, signature.required("verifier"));
  return read_verifier(verifier, out);
}

Done read_dsse_1(const Message& spec, LoggedSignature& out) {
  out.of_payload = true;
  TRY(read_hash(spec, "payloadHash", out));
  TRY_ASSIGN(const Message signature, single(spec, "signatures"));
  TRY_ASSIGN(out.signature, signature.bytes("signature", 65536));
  TRY_ASSIGN(const std::string pem, signature.bytes("verifier", 65536));
  return read_verifier(pem, out);
}

Done read_dsse_2(const Message& spec, LoggedSignature& out) {
  out.of_payload = true;
  TRY_ASSIGN(const Message record, spec.required("dsseV002"));
  TRY(read_new_hash(record, "payloadHash", out));
  TRY_ASSIGN(const Message signature, single(record, "signatures"));
  TRY_ASSIGN(out.signature, signature.bytes("content", 65536));
  TRY_ASSIGN(const Message verifier, signature.required("verifier"));
  return read_verifier(verifier, out);
}

Done read_intoto_2(const Message& spec, LoggedSignature& out) {
  out.of_payload = true;
  TRY_ASSIGN(const Message content, spec.required("content"));
  TRY(read_hash(content, "payloadHash", out));
  TRY_ASSIGN(const Message envelope, content.required("envelope"));
  TRY_ASSIGN(const Message signature, single(envelope, "signatures"));
  TRY_ASSIGN(const std::string encoded, signature.bytes("sig", 65536));  // base64 of base64
  TRY_ASSIGN(out.signature, from_any_base64(encoded));
  TRY_ASSIGN(const std::string pem, signature.bytes("publicKey", 65536));
  return read_verifier(pem, out);
}

struct BodyRow {
  std::string_view kind, version;
  Done (*read)(const Message& spec, LoggedSignature& out);
};
constexpr std::array<BodyRow, 5> bodies = {{
    {"hashedrekord", "0.0.1", read_hashedrekord_1},
    {"hashedrekord", "0.0.2", read_hashedrekord_2},
    {"dsse", "0.0.1", read_dsse_1},
    {"dsse", "0.0.2", read_dsse_2},
    {"intoto", "0.0.2", read_intoto_2},
}};

Result<LoggedSignature> read_body(const LogEntry& entry) {
  TRY_ASSIGN(const Json json, parse_json(entry.body, "body"));
  TRY_ASSIGN(const Message message, Message::of(json));
  TRY_ASSIGN(const std::string kind, message.text("kind", 100));
  TRY_ASSIGN(const std::string version, message.text("apiVersion", 100));
  if (kind != entry.kind || version != entry.version) return denied(fmt::format("it is of kind {} {}, not {} {}", kind, version, entry.kind, entry.version));
  const auto* const row = std::find_if(bodies.begin(), bodies.end(), [&](const BodyRow& each) { return each.kind == kind && each.version == version; });
  if (row == bodies.end()) return denied(fmt::format("entries of kind {} {} are not known", kind, version));
  TRY_ASSIGN(const Message spec, message.required("spec"));
  LoggedSignature out;
  TRY(row->read(spec, out));
  if (out.signature.empty() || out.digest.empty()) return denied("it has no signature or no hash");
  return out;
}

}  // namespace

Done check_inclusion(std::string_view leaf, std::int64_t index, std::int64_t size, std::span<const std::string> hashes, std::string_view root_hash) {
  const auto wrong = [] { return denied("the log's inclusion proof does not lead to its checkpoint"); };
  if (index < 0 || size <= index) return wrong();
  auto at = static_cast<std::uint64_t>(index), last = static_cast<std::uint64_t>(size - 1);
  std::string hash = leaf_hash(leaf);
  for (const std::string& each : hashes) {
    if (last == 0) return wrong();
    if (at % 2 == 1 || at == last) {
      hash = node_hash(each, hash);
      while (at % 2 == 0 && at != 0) {
        at /= 2;
        last /= 2;
      }
    } else {
      hash = node_hash(hash, each);
    }
    at /= 2;
    last /= 2;
  }
  return last == 0 && hash == root_hash ? Done() : wrong();
}

Result<Checkpoint> open_checkpoint(std::string_view note, const TransparencyLog& log) {
  const size_t gap = note.rfind("\n\n");
  if (gap == std::string_view::npos) return denied("the log's checkpoint is not signed");
  const std::string_view text = note.substr(0, gap + 1);
  TRY_ASSIGN(Checkpoint head, read_head(text));
  TRY_ASSIGN(const auto signatures, read_signatures(note.substr(gap + 2)));
  const bool of_tiles = !names_a_tree(head.origin);
  if (of_tiles && head.origin != host_of(log.base_url)) return denied(fmt::format("the checkpoint is of '{}', not of the log '{}'", visible(head.origin), host_of(log.base_url)));
  TRY_ASSIGN(const VerifyingKey key, VerifyingKey::from_der(log.key));
  bool found = false;
  for (const NoteSignature& each : signatures) {
    if (each.hint != std::string_view(log.id).substr(0, key_hint_size) || (of_tiles && each.name != head.origin)) continue;
    if (!key.verify(text, each.bytes)) return denied("the checkpoint's signature is not the log's");
    found = true;
  }
  if (!found) return denied("the checkpoint is not signed by the log");
  return head;
}

Done check_proof(const LogEntry& entry, const TransparencyLog& log) {
  if (!entry.proof) return denied("the entry has no inclusion proof");
  const InclusionProof& proof = *entry.proof;
  TRY_ASSIGN(const Checkpoint head, open_checkpoint(proof.checkpoint, log));
  if (head.root_hash != proof.root_hash || head.size != proof.tree_size) return denied("the log's checkpoint is of another tree than the inclusion proof");
  if (!names_a_tree(head.origin) && proof.log_index != entry.log_index) return denied("the inclusion proof is of another entry");
  return check_inclusion(entry.body, proof.log_index, head.size, proof.hashes, head.root_hash);
}

Done check_promise(const LogEntry& entry, const TransparencyLog& log) {
  const Time time{entry.integrated_time};
  if (!log.valid_for.holds(time)) return denied(fmt::format("the log was not trusted at {}, when it says that it took the entry", time.str()));
  // Canonical JSON (RFC 8785) has the members in this order and no blanks.
  const std::string covered = fmt::format(R"({{"body":"{}","integratedTime":{},"logID":"{}","logIndex":{}}})", to_base64(as_bytes(entry.body)), entry.integrated_time, to_hex(as_bytes(entry.log_id)), entry.log_index);
  TRY_ASSIGN(const VerifyingKey key, VerifyingKey::from_der(log.key));
  return key.verify(covered, entry.promise) ? Done() : denied("the signed entry timestamp is not the log's over this entry");
}

Result<LoggedSignature> read_entry_body(const LogEntry& entry) {
  auto out = read_body(entry);
  if (!out) return denied(fmt::format("the log entry's body cannot be read: {}", out.error().message));
  return out;
}

}  // namespace ashlar::trust
