#include "plan/inner/judge.h"

#include <solv/pool.h>
#include <solv/queue.h>
#include <solv/repo.h>
#include <solv/solver.h>
#include <stdio.h>
#include <stdlib.h>

struct AshlarJudge {
  Pool* pool;
  Solver* solver;
  Queue jobs;
  Id first;
  int packages;
  Map chosen;
  AshlarJudgeReason* reasons;
  int reason_count;
};

static Id capability_id(AshlarJudge* judge, int capability) {
  char text[16];
  snprintf(text, sizeof text, "c%d", capability);
  return pool_str2id(judge->pool, text, 1);
}

static int capability_of(const AshlarJudge* judge, Id id) { return atoi(pool_id2str(judge->pool, id) + 1); }

AshlarJudge* ashlar_judge_new(int packages) {
  AshlarJudge* judge = calloc(1, sizeof *judge);
  if (!judge) return NULL;
  judge->pool = pool_create();
  pool_setdisttype(judge->pool, DISTTYPE_DEB);
  pool_setarch(judge->pool, "noarch");
  judge->packages = packages;
  queue_init(&judge->jobs);
  map_init(&judge->chosen, packages + 1);
  Repo* repo = repo_create(judge->pool, "candidates");
  judge->first = repo_add_solvable_block(repo, packages);
  for (int at = 0; at < packages; ++at) {
    char name[16];
    snprintf(name, sizeof name, "p%d", at);
    Solvable* const solvable = pool_id2solvable(judge->pool, judge->first + at);
    solvable->name = pool_str2id(judge->pool, name, 1);
    solvable->evr = pool_str2id(judge->pool, "1", 1);
    solvable->arch = ARCH_NOARCH;
  }
  return judge;
}

void ashlar_judge_free(AshlarJudge* judge) {
  if (!judge) return;
  if (judge->solver) solver_free(judge->solver);
  queue_free(&judge->jobs);
  map_free(&judge->chosen);
  pool_free(judge->pool);
  free(judge->reasons);
  free(judge);
}

static Solvable* at(AshlarJudge* judge, int package) { return pool_id2solvable(judge->pool, judge->first + package); }

void ashlar_judge_provide(AshlarJudge* judge, int package, int capability) {
  Solvable* const solvable = at(judge, package);
  solvable->provides = repo_addid_dep(solvable->repo, solvable->provides, capability_id(judge, capability), 0);
}

void ashlar_judge_need(AshlarJudge* judge, int package, int capability) {
  Solvable* const solvable = at(judge, package);
  solvable->requires = repo_addid_dep(solvable->repo, solvable->requires, capability_id(judge, capability), 0);
}

void ashlar_judge_refuse(AshlarJudge* judge, int package, int capability) {
  Solvable* const solvable = at(judge, package);
  solvable->conflicts = repo_addid_dep(solvable->repo, solvable->conflicts, capability_id(judge, capability), 0);
}

void ashlar_judge_ask(AshlarJudge* judge, int package) { queue_push2(&judge->jobs, SOLVER_INSTALL | SOLVER_SOLVABLE, judge->first + package); }
void ashlar_judge_favour(AshlarJudge* judge, int package) { queue_push2(&judge->jobs, SOLVER_FAVOR | SOLVER_SOLVABLE, judge->first + package); }

static void keep_reasons(AshlarJudge* judge) {
  Queue rules;
  queue_init(&rules);
  solver_findallproblemrules(judge->solver, 1, &rules);
  judge->reasons = calloc((size_t)rules.count + 1, sizeof *judge->reasons);
  for (int each = 0; judge->reasons && each < rules.count; ++each) {
    Id from = 0, to = 0, dep = 0;
    AshlarJudgeReason reason = {ASHLAR_JUDGE_NEEDS, -1, -1, -1};
    switch (solver_ruleinfo(judge->solver, rules.elements[each], &from, &to, &dep)) {
      case SOLVER_RULE_PKG_REQUIRES: reason.ground = ASHLAR_JUDGE_NEEDS; break;
      case SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP: reason.ground = ASHLAR_JUDGE_LACKS; break;
      case SOLVER_RULE_PKG_CONFLICTS: reason.ground = ASHLAR_JUDGE_REFUSES; break;
      default: continue;
    }
    reason.package = from - judge->first;
    reason.other = to ? to - judge->first : -1;
    reason.capability = capability_of(judge, dep);
    judge->reasons[judge->reason_count++] = reason;
  }
  queue_free(&rules);
}

int ashlar_judge_solve(AshlarJudge* judge) {
  pool_createwhatprovides(judge->pool);
  judge->solver = solver_create(judge->pool);
  solver_set_flag(judge->solver, SOLVER_FLAG_IGNORE_RECOMMENDED, 1);
  if (solver_solve(judge->solver, &judge->jobs) != 0) {
    keep_reasons(judge);
    return 0;
  }
  Queue decisions;
  queue_init(&decisions);
  solver_get_decisionqueue(judge->solver, &decisions);
  for (int each = 0; each < decisions.count; ++each) {
    const Id id = decisions.elements[each];
    if (id >= judge->first && id < judge->first + judge->packages) MAPSET(&judge->chosen, id - judge->first);
  }
  queue_free(&decisions);
  return 1;
}

int ashlar_judge_has(const AshlarJudge* judge, int package) { return MAPTST(&judge->chosen, package) != 0; }
int ashlar_judge_reasons(const AshlarJudge* judge) { return judge->reason_count; }
AshlarJudgeReason ashlar_judge_reason(const AshlarJudge* judge, int at_reason) { return judge->reasons[at_reason]; }
