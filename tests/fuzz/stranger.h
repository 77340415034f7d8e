#pragma once
// A key that nothing may ever be taken for signed by.
#include <string_view>

/// Its private half is gone.
constexpr std::string_view stranger = R"(-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAECTWwbiHClq8Mmr6BhKGhcYshMJ68
j8vL8CWcYYOmZS83RYgGwEfiff+u9FVMWvk8YdjXk7iRhXQXRHck8YaW+Q==
-----END PUBLIC KEY-----
)";
