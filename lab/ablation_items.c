/* What may raise the score, each by itself. */
#include "lab/ablation.h"

static const lw_ablation_item items[] = {
    {.name = "cosine", .on = "schedule=cosine warmup=2", .off = "schedule=plateau warmup=0"},
    {.name = "keep-metric", .on = "keep=best-metric", .off = "keep=best-loss"},
    {.name = "weight-decay", .on = "weight-decay=0.05", .off = "weight-decay=0"},
    {.name = "mixup", .on = "mixup=0.2", .off = "mixup=0"},
    {.name = "augment", .on = "augment=shift,scale,wander,noise", .off = "augment=none"},
    {.name = "lead-dropout", .on = "lead-dropout=0.5", .off = "lead-dropout=0"},
    {.name = "label-mask", .on = "label-mask=true", .off = "label-mask=false"},
    {.name = "metric-loss", .on = "metric-loss=1", .off = "metric-loss=0"},
    {.name = "metric-head", .on = "metric-head=1", .off = "metric-head=0"},
    {.name = "average", .on = "average=0.99", .off = "average=0"},
};

const lw_ablation_item *lw_ablation_item_at(size_t i) { return i < sizeof items / sizeof items[0] ? &items[i] : NULL; }

lw_ablation_options lw_ablation_options_default(void) {
    return (lw_ablation_options){.items = items,
                                 .item_count = sizeof items / sizeof items[0],
                                 .seeds = 3,
                                 .replicates = 1000,
                                 .jobs = 1,
                                 .ensemble = true};
}
