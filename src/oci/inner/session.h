#pragma once
// Requests to one repository of a registry: who asks shows who he is, waits where he is told to, and asks again where that may help.
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "host/machine.h"
#include "oci/credentials.h"
#include "oci/inner/alias.h"
#include "oci/registry.h"

namespace ashlar::oci {

struct Challenge;

/// What a session does where a connection breaks or a server is busy (429, 408, 5xx).
enum class OnTrouble : unsigned char {
  Again,  ///< the request once more, whose `begin` then throws away what came
  Tell,   ///< the caller knows how to go on
};

class Session {
 public:
  /// `machine`: borrowed. Finds out by which scheme and with which certificates the registry is spoken to (containers-certs.d(5)).
  static Result<std::unique_ptr<Session>> open(host::Machine& machine, std::string host, std::string repository, Patience patience);

  /// `https://host/v2/<repository>/<rest>`
  std::string url(std::string_view rest) const;
  /// What a header `location` or `link` of an answer to `asked` leads to (RFC 3986, 5.2, as registries use it). Invalid where it leads to no address of HTTP.
  Result<std::string> resolve(const std::string& asked, std::string_view target) const;
  /// Whether an address is this registry's, reached as it is here: what is shown to the registry is for nobody else, nor for a way on which anybody could listen.
  bool is_ours(std::string_view url) const;
  const std::string& repository() const { return repository_; }

  /// One request. A 401 is answered with the login that the registry wants, once; what comes back has any status.
  Result<host::HttpResponse> send(host::HttpRequest request, Sink& sink, const host::Http::Begin& begin = {}, OnTrouble trouble = OnTrouble::Again);
  /// A request whose answer is small: `body` is the whole of it, at most `limit` bytes (else Corrupt).
  Result<host::HttpResponse> ask(host::HttpRequest request, std::string& body, size_t limit, OnTrouble trouble = OnTrouble::Again);
  /// Waits before another try, the `round`-th (from 0): longer each time, never the same, or as `Retry-After` says. False where no more shall be made.
  bool wait(int round, const host::HttpResponse* answer);
  /// Held while a tag is changed by whoever runs here; null where this machine has no folder to keep it in.
  std::unique_ptr<host::FileLock> take_turn(const std::string& tag);
  /// Logins from now on shall hold for reading `repository`, too: what is mounted comes from there.
  void read_also(const std::string& repository);

 private:
  Session(host::Machine& machine, std::string host, Alias alias, std::string repository, Patience patience)
      : machine_(machine), host_(std::move(host)), alias_(std::move(alias)), repository_(std::move(repository)), patience_(patience) {}
  Done find_certificates();
  std::string own_host() const;
  std::string authorization();
  /// Gets what a 401 asks for, unless somebody else has since `used`; false: there is nothing that could be shown.
  Result<bool> log_in(const host::HttpResponse& refusal, const std::string& used);
  Result<std::string> fetch_token(const Challenge& challenge);
  Result<std::string> answer_challenges(const std::vector<Challenge>& challenges);

  host::Machine& machine_;
  std::string host_;  // as it was named, which certificates and logins go by
  Alias alias_;
  std::string repository_;
  Patience patience_;
  bool plain_ = false;
  host::HttpTls tls_;
  std::mutex mutex_;  // guards what follows
  std::string authorization_;
  std::set<std::string> read_also_;
  bool asked_for_login_ = false;
  std::optional<Login> login_;
};

/// Whether asking again may help (RFC 9110 section 15, RFC 6585 section 4).
bool may_pass(int status);
/// What an answer that is none of 2xx says, as an error: `cannot <what>: ...`; NotFound for 404.
std::unexpected<Error> refusal(std::string_view what, const host::HttpResponse& response);

}  // namespace ashlar::oci
