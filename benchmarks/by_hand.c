/* The plan's rules by hand in C, over 64-bit integers, column by column within blocks that stay in the cache.

The index and the points lost for each rule, in hundredths. A figure is there where its byte says so, and does not apply
where that byte does; nothing else is checked. */

#include <stdint.h>
#include <string.h>

#define BLOCK 4096

enum { SHARE, YES, COUNT, FEWER, LATE_MONTHS, LATE_TIERS, LEVEL, REVENUE, RANK };

typedef struct {
    int64_t kind, target, weight, kept;             /* kept: what does not apply is lost all the same */
    const int64_t *n, *d;                           /* the figure, and its denominator or last year's rank */
    const uint8_t *there, *gone, *there_too, *gone_too;
    int64_t *lost;
} Rule;

static inline int64_t least(int64_t one, int64_t other) { return one < other ? one : other; }
static inline int64_t most(int64_t one, int64_t other) { return one > other ? one : other; }

/* Points lost where a figure is there; the kind is known when this is compiled, so that each kind has its own loop. */
static inline int64_t points_lost(int kind, int64_t n, int64_t d, int64_t target, int64_t weight)
{
    switch (kind) {
    case SHARE: return weight - least(weight, (200 * weight * n + target * d) / (2 * target * most(d, 1)));
    case YES: return n ? 0 : weight;
    case COUNT: return n >= target ? 0 : weight;
    case FEWER: return weight - (2 * least(most(weight * (100 - 20 * (target - n)), 0), 100 * weight) + 100) / 200;
    case LATE_MONTHS: return weight - (2 * weight * least(most(4 - (n - target + 29) / 30, 0), 4) + 4) / 8;
    case LATE_TIERS: return n <= target ? 0 : n <= target + 15 ? weight - (weight + 1) / 2 : weight;
    case LEVEL: return n == 0 ? 0 : n == 1 ? weight - (weight + 1) / 2 : weight;
    case REVENUE: return 100 * n > target * d ? 0 : 100 * n >= 95 * d ? weight - (weight + 1) / 2 : weight;
    default: return n <= most(d - 1, 1) ? 0 : weight;
    }
}

#define LOOP(KIND)                                                                                                     \
    case KIND:                                                                                                         \
        for (int64_t at = 0; at < rows; at++) {                                                                        \
            const int shares = KIND == SHARE || KIND == REVENUE, pair = KIND == RANK;                                  \
            const int there = rule->there[from + at] & (pair ? rule->there_too[from + at] : 1);                        \
            int gone = rule->gone[from + at];                                                                          \
            if (pair) {                                                                                                \
                const int other = rule->gone_too[from + at];                                                           \
                gone = (gone | other) & (gone | rule->there[from + at]) & (other | rule->there_too[from + at]);        \
            }                                                                                                          \
            const int64_t n = rule->n[from + at], d = shares || pair ? rule->d[from + at] : 1;                         \
            gone |= shares & there & (d == 0);                                                                         \
            const int64_t points = points_lost(KIND, n, d, rule->target, rule->weight);                                \
            const int64_t lost = gone ? rule->kept * rule->weight : there ? points : rule->weight;                     \
            rule->lost[from + at] = lost;                                                                              \
            all_lost[at] += lost;                                                                                      \
            left[at] -= gone & !rule->kept ? rule->weight : 0;                                                         \
        }                                                                                                              \
        break;

static void judge(const Rule *rule, int64_t from, int64_t rows, int64_t *all_lost, int64_t *left)
{
    switch (rule->kind) {
        LOOP(SHARE) LOOP(YES) LOOP(COUNT) LOOP(FEWER) LOOP(LATE_MONTHS) LOOP(LATE_TIERS) LOOP(LEVEL) LOOP(REVENUE) LOOP(RANK)
    }
}

void score(const Rule *rules, int64_t count, int64_t whole, int64_t rows, int64_t *index)
{
    int64_t all_lost[BLOCK], left[BLOCK];
    for (int64_t from = 0; from < rows; from += BLOCK) {
        const int64_t some = least(BLOCK, rows - from);
        memset(all_lost, 0, sizeof all_lost);
        for (int64_t at = 0; at < some; at++) left[at] = whole;
        for (int64_t rule = 0; rule < count; rule++) judge(&rules[rule], from, some, all_lost, left);
        for (int64_t at = 0; at < some; at++)
            index[from + at] = left[at] ? ((left[at] - all_lost[at]) * 20000 + left[at]) / (2 * left[at]) : 0;
    }
}
