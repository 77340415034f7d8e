#pragma once
// One function a verb, each in cmd_<verb>.cc: it adds the verb's options and gives back what to do once they are read.
#include "cli/verb.h"

namespace ashlar::cli {

Action init(CLI::App& app);
Action validate(CLI::App& app);
Action make(CLI::App& app);
Action renew(CLI::App& app);
Action lock(CLI::App& app);
Action build(CLI::App& app);
Action test(CLI::App& app);
Action sbom(CLI::App& app);
Action feed(CLI::App& app);
Action scan(CLI::App& app);
Action vex(CLI::App& app);
Action except(CLI::App& app);
Action triage(CLI::App& app);
Action tickets(CLI::App& app);
Action diff(CLI::App& app);
Action rebase(CLI::App& app);
Action rollback(CLI::App& app);
Action check(CLI::App& app);
Action migrate(CLI::App& app);
Action sign(CLI::App& app);
Action attest(CLI::App& app);
Action copy(CLI::App& app);
Action verify(CLI::App& app);
Action keys(CLI::App& app);
Action debug(CLI::App& app);
Action explain(CLI::App& app);
Action audit(CLI::App& app);
Action sla(CLI::App& app);
Action replay(CLI::App& app);
Action policy(CLI::App& app);
Action outcomes(CLI::App& app);
Action catalog(CLI::App& app);
Action cache(CLI::App& app);
Action doctor(CLI::App& app);
Action print_completions(CLI::App& app);
Action write_man_pages(CLI::App& app);

}  // namespace ashlar::cli
