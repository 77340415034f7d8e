#pragma once
// What a definition declares for an image that no shell will ever set up: certificates, volumes, the time zone, the health probe.
#include "build/inner/tree.h"
#include "host/files.h"
#include "oci/image.h"
#include "plan/definition.h"

namespace ashlar::build {

/// Where the probe lies in an image that has `health`.
inline constexpr std::string_view probe_path = "usr/lib/ashlar/probe";

/// `certificates`, one file a root below usr/local/share/ca-certificates, where the effect `ca-bundle` finds them: put before effects. Invalid when the
/// image has no package ca-certificates, or a text holds no certificate.
Done add_certificates(Tree& tree, const plan::Definition& definition, host::Files& files, const host::Path& root);

/// What to do where the image has OpenSSL and a bundle, and nothing that leads the one to the other: neither the folder that OpenSSL looks in
/// (usr/lib/ssl, of package openssl) nor SSL_CERT_FILE or SSL_CERT_DIR. Empty when there is nothing to do.
std::string certificates_note(const Tree& tree, const plan::Definition& definition);

/// A folder for each of `volumes`, for the user that runs the image: made where it lacks, and given over where it is root's own and no path of the
/// definition says so. `user`: `uid:gid`.
Done add_volumes(Tree& tree, const plan::Definition& definition, const std::string& user);

/// `timezone`: etc/localtime and etc/timezone. NotFound when the image has no such zone.
Done set_time_zone(Tree& tree, const plan::Definition& definition);

/// Whether every one of `locales` is there in its compiled form; NotFound names the first that is not.
Done check_locales(const Tree& tree, const plan::Definition& definition);

/// The probe's program, where `health` asks for it. Unavailable when this build has none for the platform.
Done add_probe(Tree& tree, const plan::Definition& definition, const oci::Platform& platform);
/// What the image's configuration says of `health`.
std::optional<oci::HealthCheck> health_check(const plan::Definition& definition);

}  // namespace ashlar::build
