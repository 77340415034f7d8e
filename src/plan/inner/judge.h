/* libsolv behind one header: packages and what they need or refuse are numbers here, and names stay with the caller. Plain C, for the library's
   own header is no C++20 on Debian 12. */
#ifndef ASHLAR_PLAN_INNER_JUDGE_H
#define ASHLAR_PLAN_INNER_JUDGE_H

#ifdef __cplusplus
extern "C" {
#endif

typedef struct AshlarJudge AshlarJudge;

/* Packages are 0 .. packages-1; a capability is any number, provided by some of them. NULL when memory lacks. */
AshlarJudge* ashlar_judge_new(int packages);
void ashlar_judge_free(AshlarJudge* judge);

void ashlar_judge_provide(AshlarJudge* judge, int package, int capability);
void ashlar_judge_need(AshlarJudge* judge, int package, int capability);
void ashlar_judge_refuse(AshlarJudge* judge, int package, int capability);
void ashlar_judge_ask(AshlarJudge* judge, int package);
void ashlar_judge_favour(AshlarJudge* judge, int package);

/* Call it once, last: 1 when there is a set that fits, which ashlar_judge_has() then tells. */
int ashlar_judge_solve(AshlarJudge* judge);
int ashlar_judge_has(const AshlarJudge* judge, int package);

typedef enum { ASHLAR_JUDGE_NEEDS, ASHLAR_JUDGE_LACKS, ASHLAR_JUDGE_REFUSES } AshlarJudgeGround;
/* A ground of the first problem: `package` needs `capability`, needs it in vain, or refuses `other` by it. */
typedef struct {
  AshlarJudgeGround ground;
  int package, other, capability;
} AshlarJudgeReason;
/* How many there are; those below the number are given by `at`. */
int ashlar_judge_reasons(const AshlarJudge* judge);
AshlarJudgeReason ashlar_judge_reason(const AshlarJudge* judge, int at);

#ifdef __cplusplus
}
#endif

#endif
