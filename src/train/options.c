#include <math.h>

#include "leadwise/train.h"
#include "train/train_split.h"

lw_train_options lw_train_options_default(void) {
    return (lw_train_options){
        .seed = 1,
        .epochs = 100,
        .batch = 64,
        .learning_rate = 1e-3,
        .beta1 = 0.9,
        .beta2 = 0.999,
        .epsilon = 1e-7,
        .patience_halve = 5,
        .patience_stop = 10,
        .class_weight_epsilon = 0.01,
        .test_fraction = 0.2,
        .validation_fraction = 0.1,
        .year = 2021,
    };
}

static bool within(double value, double low, double high) { return value >= low && value <= high; }

/** The options beyond the papers. */
static const char *check_recipe(const lw_train_options *o) {
    if (!within(o->weight_decay, 0, 100))
        return "the weight decay must lie in [0, 100]";
    if (o->schedule != LW_SCHEDULE_PLATEAU && o->schedule != LW_SCHEDULE_COSINE)
        return "the schedule must be plateau or cosine";
    if (!(o->warmup_epochs >= 0 && o->warmup_epochs < (double)o->epochs))
        return "the warm-up must be shorter than the training";
    if (o->keep != LW_KEEP_BEST_LOSS && o->keep != LW_KEEP_BEST_METRIC && o->keep != LW_KEEP_LAST)
        return "the weights to keep must be best-loss, best-metric or last";
    if (!within(o->mixup, 0, 4))
        return "mixup must lie in [0, 4]";
    if ((o->augment & ~(unsigned)LW_AUGMENT_ALL) != 0)
        return "augmentations are all, none, or some of shift, scale, wander, noise, resample and cutout, joined by "
               "commas";
    if (!within(o->lead_dropout, 0, 1))
        return "the lead dropout must lie in [0, 1]";
    if (!within(o->metric_loss, 0, 1000))
        return "the weight of the metric's loss must lie in [0, 1000]";
    if (!within(o->metric_head, 0, 1000))
        return "the weight of the metric's head must lie in [0, 1000]";
    if (!(o->average >= 0 && o->average < 1))
        return "the decay of the weights' average must lie in [0, 1)";
    return NULL;
}

const char *lw_train_options_check(const lw_train_options *o) {
    enum { MOST = 1 << 20 };
    if (o->epochs < 1 || o->epochs > MOST)
        return "epochs must be 1 or more";
    if (o->batch < 1 || o->batch > MOST)
        return "the batch must have 1 record or more";
    if (!(o->learning_rate > 0 && isfinite(o->learning_rate)))
        return "the learning rate must be positive";
    if (!(o->beta1 >= 0 && o->beta1 < 1 && o->beta2 >= 0 && o->beta2 < 1))
        return "Adam's betas must lie in [0, 1)";
    if (!(o->epsilon > 0 && isfinite(o->epsilon)))
        return "Adam's epsilon must be positive";
    if (!(o->class_weight_epsilon > 0 && isfinite(o->class_weight_epsilon)))
        return "the class weights' epsilon must be positive";
    if (!(o->test_fraction >= 0 && o->test_fraction < 1))
        return "the test fraction must lie in [0, 1)";
    if (!(o->validation_fraction > 0 && o->validation_fraction < 1))
        return "the validation fraction must lie in (0, 1): early stopping needs it";
    if (o->year != 2020 && o->year != 2021)
        return "the year must be 2020 or 2021";
    return check_recipe(o);
}

uint64_t lw_train_split_seed(const lw_train_options *options) {
    return options->set_split_seed ? options->split_seed : options->seed;
}
