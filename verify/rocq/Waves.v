(** Travelling waves of any rule whose program is made of sums, products, quotients and square roots: what they are, and a
    checker of certificates of them.

    All is told from a start at which the support's first row, the base, has the weight 1, and w has moved by 0. *)

From Coq Require Import Reals Lra Lia Arith ZArith List Bool FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base MaxMargin Ema EpochMap Game Checkers Contraction Balls Boxes Fields Exponential Programs.
Import ListNotations.
Open Scope R_scope.

(** ** Waves *)

(** The batches of an epoch, of b rows in their order: how many rows a batch has, and those of the support in it. *)
Definition held_batches (b N : nat) (held : list nat) : list (nat * list nat) :=
  map (fun q => (batch_width b N q, filter (fun i => existsb (Nat.eqb i) held) (seq (q * b) (batch_width b N q))))
    (seq 0 (batch_count b N)).

(** A step w <- w - eta u, and an epoch of them. A row of log-weight z i at the epoch's start has the weight
    exp(z i - x_i . m) once w has moved by m; [at_] is m with the states, coordinate by coordinate. *)
Definition moving : Type := ((nat -> R) * list (list R))%type.
Definition wave_step (K : numbers) (R0 : program K) (d : nat) (X : nat -> nat -> R) (eta : R) (z : nat -> R)
    (batch : nat * list nat) (at_ : moving) : moving :=
  let c := fun i => exp (z i - dot d (X i) (fst at_)) in
  let act := fun k => program_step K R0 (mean_gradient X batch c k) (seen_beside K R0 d X batch c k) (nth k (snd at_) []) in
  (fun k => fst at_ k - eta * fst (act k), map (fun k => snd (act k)) (seq 0 d)).
Fixpoint wave_steps (K : numbers) (R0 : program K) (d : nat) (X : nat -> nat -> R) (eta : R) (z : nat -> R)
    (batches : list (nat * list nat)) (at_ : moving) : moving :=
  match batches with
  | [] => at_
  | batch :: batches => wave_steps K R0 d X eta z batches (wave_step K R0 d X eta z batch at_)
  end.
(** By how much an epoch from w and the states s moves w, and the states that it leaves. *)
Definition wave_epoch (K : numbers) (R0 : program K) (d : nat) (X : nat -> nat -> R) (eta : R)
    (batches : list (nat * list nat)) (w : nat -> R) (s : list (list R)) : moving :=
  wave_steps K R0 d X eta (fun i => - dot d (X i) w) batches (fun _ => 0, s).

(** An epoch makes all margins of the support grow by r a step, and the states fall by exp(- r) to their degrees a step. *)
Record is_wave (K : numbers) (R0 : program K) (d : nat) (X : nat -> nat -> R) (eta : R) (batches : list (nat * list nat))
    (held : list nat) (w : nat -> R) (s : list (list R)) (r : R) : Prop := {
  wave_base : dot d (X (hd O held)) w = 0;
  wave_shape : length s = d /\ forall k, (k < d)%nat -> length (nth k s []) = length (degrees R0);
  wave_margins : forall i, In i held -> dot d (X i) (fst (wave_epoch K R0 d X eta batches w s)) = INR (length batches) * r;
  wave_states : forall k j, (k < d)%nat -> (j < length (degrees R0))%nat ->
    nth j (nth k (snd (wave_epoch K R0 d X eta batches w s)) []) 0
    = exp (- (degree K R0 j * (INR (length batches) * r))) * nth j (nth k s []) 0 }.

(** log(c_i / c_b) of the chosen rows i, b the base, then the states, coordinate by coordinate. *)
Definition wave_coordinates (d : nat) (X : nat -> nat -> R) (base : nat) (chosen : list nat) (q : nat) (w : nat -> R)
    (s : list (list R)) (a : nat) : R :=
  if Nat.ltb a (length chosen) then dot d (X base) w - dot d (X (nth a chosen O)) w
  else nth ((a - length chosen) mod q) (nth ((a - length chosen) / q) s []) 0.

(** What is claimed: one wave with its coordinates in the box, that grows by r > 0 a step as claimed, while margins off the
    support grow by more, in the direction claimed; and all waves in the box are that one. *)
Definition one_wave (K : numbers) (R0 : program K) (N d : nat) (X : nat -> nat -> R) (eta : R) (b : nat) (held chosen : list nat)
    (center radii : nat -> R) (growth near_growth : R) (way : nat -> R) (near : R) : Prop :=
  let batches := held_batches b N held in
  let q := length (degrees R0) in
  let inside := fun w s =>
    in_box (length chosen + d * q) center radii (wave_coordinates d X (hd O held) chosen q w s) in
  exists w s r,
    is_wave K R0 d X eta batches held w s r /\ inside w s /\ 0 < r /\ Rabs (r - growth) <= near_growth /\
    (forall i, (i < N)%nat -> ~ In i held ->
       INR (length batches) * r < dot d (X i) (fst (wave_epoch K R0 d X eta batches w s))) /\
    (let moved := fst (wave_epoch K R0 d X eta batches w s) in
     l2 d (fun k => moved k / l2 d moved - way k) <= near) /\
    forall w' s' r', is_wave K R0 d X eta batches held w' s' r' -> inside w' s' ->
      s' = s /\ r' = r /\ forall i, In i held -> dot d (X i) w' = dot d (X i) w.

(** ** On duals *)

(** The numbers of such a certificate: those of a box whose coordinates are center + radius t, |t| <= 1; the rows chosen;
    for each of them a vector that moves its margin by -1, the others' and the base's not; the step; the growth; and how far
    exponentials are computed. *)
Record waved (P : precision) : Type := {
  boxes : boxed P;
  radii_unit : carrier (over P);
  radii : list (carrier (over P));
  chosen_rows : list nat;
  mover_unit : carrier (over P);
  movers : list (list (carrier (over P)));
  step_top : carrier (over P);
  step_bottom : carrier (over P);
  growth_top : carrier (over P);
  growth_bottom : carrier (over P);
  spread_top : carrier (over P);
  spread_bottom : carrier (over P);
  exp_terms : nat;
  exp_halvings : nat }.
Arguments boxes {P} _.
Arguments radii_unit {P} _.
Arguments radii {P} _.
Arguments chosen_rows {P} _.
Arguments mover_unit {P} _.
Arguments movers {P} _.
Arguments step_top {P} _.
Arguments step_bottom {P} _.
Arguments growth_top {P} _.
Arguments growth_bottom {P} _.
Arguments spread_top {P} _.
Arguments spread_bottom {P} _.
Arguments exp_terms {P} _.
Arguments exp_halvings {P} _.

Definition base_row (P : precision) (W : waved P) : nat := hd O (support (boxes W)).
Definition mover (P : precision) (W : waved P) (l : nat) : list (carrier (over P)) := nth l (movers W) [].
(** By how much a unit of coordinate l lowers the margin of row i, over rows_unit mover_unit. *)
Definition lowered (P : precision) (W : waved P) (i l : nat) : carrier (over P) :=
  opposite (round P) (inner (over P) (row P (boxes W) i) (mover P W l)).
Definition lowered_unit (P : precision) (W : waved P) : carrier (over P) := mul P (rows_unit (boxes W)) (mover_unit W).

Definition minus_one (P : precision) : dual P := dual_constant P (ball_opposite P (exactly_one P)).
(** Coordinate a, from the dual of t. *)
Definition coordinate (P : precision) (W : waved P) (t : nat -> dual P) (a : nat) : dual P :=
  dual_add P (dual_constant P (ratio_ball P (nth a (center (boxes W)) (zero (over P))) (center_unit (boxes W))))
    (dual_mul P (dual_constant P (ratio_ball P (nth a (radii W) (zero (over P))) (radii_unit W))) (t a)).
(** The log-weight of row i at the epoch's start. *)
Definition log_weight (P : precision) (W : waved P) (t : nat -> dual P) (i : nat) : dual P :=
  let r := length (chosen_rows W) in
  weighted P (lowered_unit P W) (map (lowered P W i) (seq 0 r)) (map (coordinate P W t) (seq 0 r)).

Fixpoint over_rows (P : precision) (B : boxed P) (k : nat) (square : bool) (members : list nat) (cs : list (dual P)) : dual P :=
  match members, cs with
  | i :: members, c :: cs =>
      let one := dual_mul P c (dual_constant P (ratio_ball P (nth k (row P B i) (zero (over P))) (rows_unit B))) in
      dual_add P (if square then dual_mul P one one else one) (over_rows P B k square members cs)
  | _, _ => dual_constant P (nothing P)
  end.

Definition held_at (P : precision) : Type := (list (dual P) * list (list (dual P)))%type.
Definition nowhere (P : precision) : dual P := dual_constant P (nothing P).
Definition dual_wave_step (P : precision) (R0 : program (over P)) (d : nat) (W : waved P) (z : nat -> dual P)
    (batch : nat * list nat) (at_ : held_at P) : option (held_at P) :=
  let B := boxes W in
  match all_some (map (fun i => dual_exp P (exp_terms W) (exp_halvings W)
                         (dual_add P (z i) (dual_mul P (minus_one P) (weighted P (rows_unit B) (row P B i) (fst at_)))))
                   (snd batch)) with
  | None => None
  | Some cs =>
      let share := dual_constant P (ball_opposite P (ratio_ball P (one_in P) (count P (fst batch)))) in
      let g := map (fun k => dual_mul P share (over_rows P B k false (snd batch) cs)) (seq 0 d) in
      let norm := dual_root P (dual_total P (map (fun D => dual_mul P D D) g)) in
      match all_some (map (fun k =>
        match (if reads_norm R0 then norm else Some (over_rows P B k true (snd batch) cs)) with
        | None => None
        | Some seen => dual_step P R0 (height P g k) seen (nth k (snd at_) [])
        end) (seq 0 d)) with
      | None => None
      | Some acts =>
          let eta := dual_constant P (ball_opposite P (ratio_ball P (step_top W) (step_bottom W))) in
          Some (map (fun k => dual_add P (height P (fst at_) k) (dual_mul P eta (fst (nth k acts (nowhere P, []))))) (seq 0 d),
                map snd acts)
      end
  end.
Fixpoint dual_wave_steps (P : precision) (R0 : program (over P)) (d : nat) (W : waved P) (z : nat -> dual P)
    (batches : list (nat * list nat)) (at_ : held_at P) : option (held_at P) :=
  match batches with
  | [] => Some at_
  | batch :: batches => then_ (dual_wave_steps P R0 d W z batches) (dual_wave_step P R0 d W z batch at_)
  end.

Definition start_states (P : precision) (R0 : program (over P)) (d : nat) (W : waved P) (t : nat -> dual P) : list (list (dual P)) :=
  let q := length (degrees R0) in
  map (fun k => map (fun j => coordinate P W t (length (chosen_rows W) + (k * q + j))) (seq 0 q)) (seq 0 d).
Definition wave_batches (P : precision) (b : nat) (W : waved P) : list (nat * list nat) :=
  held_batches b (length (rows (boxes W))) (support (boxes W)).
Definition after_epoch (P : precision) (R0 : program (over P)) (d b : nat) (W : waved P) (t : nat -> dual P) : option (held_at P) :=
  let z := map (log_weight P W t) (seq 0 (length (rows (boxes W)))) in
  dual_wave_steps P R0 d W (fun i => nth i z (nowhere P)) (wave_batches P b W)
    (repeat (nowhere P) d, start_states P R0 d W t).

(** What has to be 0 at a wave: the differences of the chosen rows' growth from the base's; by how much the states, in units
    of the base's weight to their degrees, have changed. *)
Definition wave_heights (P : precision) (R0 : program (over P)) (d : nat) (W : waved P) (t : nat -> dual P) (at_ : held_at P) :
    option (list (dual P)) :=
  let B := boxes W in let r := length (chosen_rows W) in let q := length (degrees R0) in
  let grown := weighted P (rows_unit B) (row P B (base_row P W)) (fst at_) in
  option_map (fun fades =>
    map (fun a =>
      if Nat.ltb a r then gap P B (base_row P W) (nth a (chosen_rows W) O) (fst at_)
      else dual_add P (dual_mul P (nth ((a - r) mod q) fades (nowhere P)) (height P (nth ((a - r) / q) (snd at_) []) ((a - r) mod q)))
             (dual_mul P (minus_one P) (coordinate P W t a))) (seq 0 (r + d * q)))
    (all_some (map (fun p => dual_exp P (exp_terms W) (exp_halvings W)
                               (dual_mul P (dual_constant P (ratio_ball P p (degrees_unit R0))) grown)) (degrees R0))).

(** ** What its parts mean *)

Definition coordinate_value (P : precision) (W : waved P) (v : nat -> R) (a : nat) : R :=
  vector_of (over P) (center_unit (boxes W)) (center (boxes W)) a + vector_of (over P) (radii_unit W) (radii W) a * v a.
Definition mover_value (P : precision) (W : waved P) (l : nat) : nat -> R := vector_of (over P) (mover_unit W) (mover P W l).
(** The w of such coordinates at which the base has the weight 1, and their states. *)
Definition place (P : precision) (W : waved P) (v : nat -> R) : nat -> R :=
  fun k => sum (length (chosen_rows W)) (fun l => coordinate_value P W v l * mover_value P W l k).
Definition start (P : precision) (R0 : program (over P)) (d : nat) (W : waved P) (v : nat -> R) : list (list R) :=
  let q := length (degrees R0) in
  map (fun k => map (fun j => coordinate_value P W v (length (chosen_rows W) + (k * q + j))) (seq 0 q)) (seq 0 d).

Lemma encloses_coordinate P n points W t a :
  positive (over P) (center_unit (boxes W)) = true -> positive (over P) (radii_unit W) = true ->
  encloses P n points (t a) (fun v => v a) -> encloses P n points (coordinate P W t a) (fun v => coordinate_value P W v a).
Proof.
  intros Hc Hr Ht. unfold coordinate, coordinate_value. apply encloses_add.
  - apply encloses_constant. exact (holds_ratio_ball P _ _ Hc).
  - apply (encloses_mul P n points _ _ (fun _ => _) (fun v => v a)); [|exact Ht]. apply encloses_constant. exact (holds_ratio_ball P _ _ Hr).
Qed.

Lemma lowered_value P d W i l : positive (over P) (rows_unit (boxes W)) = true -> positive (over P) (mover_unit W) = true ->
  length (row P (boxes W) i) = d ->
  real P (lowered P W i l) / real P (lowered_unit P W)
  = - dot d (matrix_of (over P) (rows_unit (boxes W)) (rows (boxes W)) i) (mover_value P W l).
Proof.
  intros Hs Hm Hl. apply real_positive in Hs. apply real_positive in Hm. unfold lowered, lowered_unit.
  rewrite real_opposite, real_mul. unfold real at 1. rewrite (inner_value (over P) d) by lia.
  unfold dot, matrix_of, mover_value, vector_of, row. fold (real P (rows_unit (boxes W))). fold (real P (mover_unit W)).
  replace (sum d (fun k => entry (over P) (nth i (rows (boxes W)) []) k / real P (rows_unit (boxes W)) * (entry (over P) (mover P W l) k / real P (mover_unit W))))
    with (sum d (fun k => entry (over P) (nth i (rows (boxes W)) []) k * entry (over P) (mover P W l) k) * (/ real P (rows_unit (boxes W)) * / real P (mover_unit W))).
  - unfold Rdiv. rewrite Rinv_mult. ring.
  - rewrite <- sum_scal_r. apply sum_ext. intros k _. unfold Rdiv. ring.
Qed.

Lemma place_margin P d W v x :
  dot d x (place P W v) = sum (length (chosen_rows W)) (fun l => coordinate_value P W v l * dot d x (mover_value P W l)).
Proof.
  unfold dot, place. rewrite (sum_ext d _ (fun k => sum (length (chosen_rows W)) (fun l => coordinate_value P W v l * (x k * mover_value P W l k)))).
  - rewrite sum_swap. apply sum_ext. intros l _. apply sum_scal.
  - intros k _. rewrite <- sum_scal. apply sum_ext. intros; ring.
Qed.

Lemma encloses_log_weight P d n points W t i :
  positive (over P) (rows_unit (boxes W)) = true -> positive (over P) (mover_unit W) = true ->
  positive (over P) (center_unit (boxes W)) = true -> positive (over P) (radii_unit W) = true ->
  length (row P (boxes W) i) = d ->
  (forall a, (a < length (chosen_rows W))%nat -> encloses P n points (t a) (fun v => v a)) ->
  encloses P n points (log_weight P W t i)
    (fun v => - dot d (matrix_of (over P) (rows_unit (boxes W)) (rows (boxes W)) i) (place P W v)).
Proof.
  intros Hs Hm Hc Hr Hl Ht. set (r := length (chosen_rows W)) in *.
  assert (Hu : positive (over P) (lowered_unit P W) = true).
  { pose proof (real_positive P _ Hs). pose proof (real_positive P _ Hm).
    unfold positive. rewrite value_at_most, value_zero. apply negb_true_iff, Z.leb_gt, (lt_IZR 0).
    change (0 < real P (mul P (rows_unit (boxes W)) (mover_unit W))). rewrite real_mul. apply Rmult_lt_0_compat; assumption. }
  pose proof (encloses_weighted P n points (lowered_unit P W) Hu (map (lowered P W i) (seq 0 r)) (map (coordinate P W t) (seq 0 r))
                (fun a v => coordinate_value P W v a) ltac:(rewrite !length_map; reflexivity)) as E.
  rewrite length_map, length_seq in E. unfold log_weight. cbv zeta. fold r.
  eapply encloses_ext; [|apply E].
  - intros v. rewrite place_margin. fold r.
    replace (- sum r (fun l => coordinate_value P W v l * dot d (matrix_of (over P) (rows_unit (boxes W)) (rows (boxes W)) i) (mover_value P W l)))
      with (sum r (fun l => -1 * (coordinate_value P W v l * dot d (matrix_of (over P) (rows_unit (boxes W)) (rows (boxes W)) i) (mover_value P W l))))
      by (rewrite sum_scal; ring).
    apply sum_ext. intros l Hll. unfold vector_of at 1, entry at 1. rewrite (nth_map_seq (lowered P W i) r l _ Hll).
    change (real P (lowered P W i l) / real P (lowered_unit P W) * coordinate_value P W v l = -1 * (coordinate_value P W v l * dot d (matrix_of (over P) (rows_unit (boxes W)) (rows (boxes W)) i) (mover_value P W l))).
    rewrite (lowered_value P d W i l Hs Hm Hl). ring.
  - intros a Ha. unfold height. rewrite nth_map_seq by exact Ha. apply encloses_coordinate; try assumption. apply Ht. exact Ha.
Qed.

Lemma encloses_row P n points B i k (square : bool) (c : (nat -> R) -> nat -> R) D :
  positive (over P) (rows_unit B) = true -> encloses P n points D (fun v => c v i) ->
  encloses P n points
    (let one := dual_mul P D (dual_constant P (ratio_ball P (nth k (row P B i) (zero (over P))) (rows_unit B))) in
     if square then dual_mul P one one else one)
    (fun v => let x := c v i * matrix_of (over P) (rows_unit B) (rows B) i k in if square then x * x else x).
Proof.
  intros Hs HD. cbv zeta.
  assert (E : encloses P n points (dual_mul P D (dual_constant P (ratio_ball P (nth k (row P B i) (zero (over P))) (rows_unit B))))
                (fun v => c v i * matrix_of (over P) (rows_unit B) (rows B) i k)).
  { apply (encloses_mul P n points _ _ (fun v => c v i) (fun _ => _)); [exact HD|]. apply encloses_constant. exact (holds_ratio_ball P _ _ Hs). }
  destruct square; [apply (encloses_mul P n points _ _ _ _ E E)|exact E].
Qed.

Lemma encloses_over_rows P n points B k (square : bool) (c : (nat -> R) -> nat -> R) :
  positive (over P) (rows_unit B) = true ->
  forall members cs, length cs = length members ->
  (forall j, (j < length members)%nat -> encloses P n points (height P cs j) (fun v => c v (nth j members O))) ->
  encloses P n points (over_rows P B k square members cs)
    (fun v => sum_over members (fun i => let x := c v i * matrix_of (over P) (rows_unit B) (rows B) i k in if square then x * x else x)).
Proof.
  intros Hs. induction members as [|i members IH]; intros [|D cs] HL H; try discriminate.
  - exact (encloses_constant P n points (nothing P) 0 (holds_nothing P)).
  - cbn [over_rows sum_over]. apply encloses_add.
    + apply encloses_row; [exact Hs|]. exact (H O ltac:(simpl; lia)).
    + apply IH; [simpl in HL; lia|]. intros j Hj. exact (H (S j) ltac:(simpl; lia)).
Qed.

(** A place on duals encloses a place. *)
Definition place_encloses (P : precision) (n d : nat) (points : (nat -> R) -> Prop) (A : held_at P) (f : (nat -> R) -> moving) : Prop :=
  length (fst A) = d /\ length (snd A) = d /\ (forall v, length (snd (f v)) = d) /\
  (forall k, (k < d)%nat -> encloses P n points (height P (fst A) k) (fun v => fst (f v) k)) /\
  (forall k, (k < d)%nat -> list_encloses P n points (nth k (snd A) []) (fun v => nth k (snd (f v)) [])).

Lemma encloses_minus P n points D f : encloses P n points D f -> encloses P n points (dual_mul P (minus_one P) D) (fun v => - f v).
Proof.
  intros H. apply (encloses_ext P n points _ (fun v => - (1) * f v)); [intros; ring|].
  apply (encloses_mul P n points _ _ (fun _ => - (1)) f); [|exact H]. apply encloses_constant, holds_opposite, holds_exactly_one.
Qed.

Lemma count_positive P n : (0 < n)%nat -> positive (over P) (count P n) = true.
Proof.
  intros H. unfold positive. rewrite value_at_most, value_zero. apply negb_true_iff, Z.leb_gt, (lt_IZR 0).
  change (0 < real P (count P n)). rewrite real_count. apply lt_0_INR. exact H.
Qed.

Lemma dual_wave_step_sound P R0 n d points W z zeta batch A A' f :
  let B := boxes W in
  let X := matrix_of (over P) (rows_unit B) (rows B) in
  let eta := real P (step_top W) / real P (step_bottom W) in
  positive (over P) (rows_unit B) = true -> positive (over P) (step_bottom W) = true -> (0 < fst batch)%nat ->
  (forall i, In i (snd batch) -> length (row P B i) = d) ->
  (forall i, In i (snd batch) -> encloses P n points (z i) (fun v => zeta v i)) ->
  place_encloses P n d points A f ->
  dual_wave_step P R0 d W z batch A = Some A' ->
  place_encloses P n d points A' (fun v => wave_step (over P) R0 d X eta (zeta v) batch (f v)).
Proof.
  intros B X eta Hs He Hb Hrow Hz [L1 [L2 [L3 [HA HS]]]] H. unfold dual_wave_step in H. fold B in H.
  destruct (all_some (map (fun i => dual_exp _ _ _ _) _)) as [cs|] eqn:Ec; [|discriminate].
  destruct (all_some_map _ _ _ O (nowhere P) Ec) as [Lc Nc].
  set (c := fun v i => exp (zeta v i - dot d (X i) (fst (f v)))).
  assert (Hc : forall j, (j < length (snd batch))%nat -> encloses P n points (height P cs j) (fun v => c v (nth j (snd batch) O))).
  { intros j Hj. specialize (Nc j Hj). set (i := nth j (snd batch) O) in *. assert (Hi : In i (snd batch)) by (apply nth_In; exact Hj).
    apply (encloses_exp P n points _ _ _ _ _ Nc). unfold Rminus. apply encloses_add; [apply Hz; exact Hi|]. apply encloses_minus.
    pose proof (encloses_weighted P n points (rows_unit B) Hs (row P B i) (fst A) (fun k v => fst (f v) k)
                  ltac:(rewrite (Hrow i Hi); congruence) ltac:(rewrite L1; exact HA)) as E.
    rewrite L1 in E. exact E. }
  set (g := map (fun k => dual_mul P _ (over_rows P B k false (snd batch) cs)) (seq 0 d)) in *.
  set (norm := dual_root P _) in *.
  destruct (all_some (map (fun k => match _ with None => None | Some _ => _ end) (seq 0 d))) as [acts|] eqn:Ea; [|discriminate].
  injection H as <-. destruct (all_some_map _ _ _ O (nowhere P, []) Ea) as [La Na]. rewrite length_seq in La, Na.
  set (act := fun v k => program_step (over P) R0 (mean_gradient X batch (c v) k) (seen_beside (over P) R0 d X batch (c v) k) (nth k (snd (f v)) [])).
  assert (Lg : length g = d) by (unfold g; rewrite length_map, length_seq; reflexivity).
  assert (Hg : forall k, (k < d)%nat -> encloses P n points (height P g k) (fun v => mean_gradient X batch (c v) k)).
  { intros k Hk. unfold height, g. rewrite nth_map_seq by exact Hk. unfold mean_gradient.
    apply (encloses_mul P n points _ _ (fun _ => - / INR (fst batch)) (fun v => sum_over (snd batch) (fun i => c v i * X i k))).
    - apply encloses_constant, holds_opposite. pose proof (holds_ratio_ball P (one_in P) (count P (fst batch)) (count_positive P _ Hb)) as Q.
      rewrite real_one, real_count in Q. unfold Rdiv in Q. rewrite Rmult_1_l in Q. exact Q.
    - exact (encloses_over_rows P n points B k false c Hs (snd batch) cs Lc Hc). }
  assert (Hseen : forall k D, (k < d)%nat -> (if reads_norm R0 then norm else Some (over_rows P B k true (snd batch) cs)) = Some D ->
            encloses P n points D (fun v => seen_beside (over P) R0 d X batch (c v) k)).
  { intros k D Hk HD. unfold seen_beside. destruct (reads_norm R0).
    - apply (encloses_root P n points _ D (fun v => dot d (mean_gradient X batch (c v)) (mean_gradient X batch (c v))) HD).
      pose proof (encloses_total P n points (map (fun D => dual_mul P D D) g)
        (fun k v => mean_gradient X batch (c v) k * mean_gradient X batch (c v) k)) as T.
      rewrite length_map, Lg in T. apply T. intros j Hj. unfold height.
      rewrite (nth_map_below _ g j (nowhere P)) by (rewrite Lg; exact Hj). apply (encloses_mul P n points _ _ _ _ (Hg j Hj) (Hg j Hj)).
    - injection HD as <-. exact (encloses_over_rows P n points B k true c Hs (snd batch) cs Lc Hc). }
  assert (Hact : forall k, (k < d)%nat ->
            encloses P n points (fst (nth k acts (nowhere P, []))) (fun v => fst (act v k)) /\
            list_encloses P n points (snd (nth k acts (nowhere P, []))) (fun v => snd (act v k))).
  { intros k Hk. specialize (Na k Hk). rewrite seq_nth in Na by exact Hk. simpl plus in Na.
    destruct (if reads_norm R0 then norm else _) as [D|] eqn:ED in Na; [|discriminate].
    rewrite (surjective_pairing (nth k acts _)) in Na.
    exact (dual_step_sound P n points R0 _ _ _ (fun v => mean_gradient X batch (c v) k) (fun v => seen_beside (over P) R0 d X batch (c v) k)
             (fun v => nth k (snd (f v)) []) _ _ (Hg k Hk) (Hseen k D Hk ED) (HS k Hk) Na). }
  unfold wave_step, place_encloses. cbn [fst snd]. fold act.
  split; [rewrite length_map, length_seq; reflexivity|]. split; [rewrite length_map; exact La|].
  split; [intros v; rewrite length_map, length_seq; reflexivity|]. split.
  - intros k Hk. unfold height. rewrite nth_map_seq by exact Hk. unfold Rminus. apply encloses_add; [apply HA; exact Hk|].
    apply (encloses_ext P n points _ (fun v => - eta * fst (act v k))); [intros v; symmetry; exact (Ropp_mult_distr_l eta (fst (act v k)))|].
    apply (encloses_mul P n points _ _ (fun _ => - eta) (fun v => fst (act v k))); [|apply Hact; exact Hk].
    apply encloses_constant, holds_opposite. exact (holds_ratio_ball P _ _ He).
  - intros k Hk. destruct (Hact k Hk) as [_ [Q1 Q2]].
    rewrite (nth_map_below snd acts k (nowhere P, [])) by lia.
    assert (E : forall v, nth k (map (fun k => snd (act v k)) (seq 0 d)) [] = snd (act v k)) by (intros v; exact (nth_map_seq (fun k => snd (act v k)) d k [] Hk)).
    split; [intros v; change (length (nth k (map (fun k => snd (act v k)) (seq 0 d)) []) = length (snd (nth k acts (nowhere P, [])))); rewrite E; apply Q1|].
    intros i Hi. apply (encloses_ext P n points _ (fun v => nth i (snd (act v k)) 0)); [|apply Q2; exact Hi].
    intros v. change (nth i (snd (act v k)) 0 = nth i (nth k (map (fun k => snd (act v k)) (seq 0 d)) []) 0). rewrite E. reflexivity.
Qed.

Lemma dual_wave_steps_sound P R0 n d points W z zeta :
  let B := boxes W in
  let X := matrix_of (over P) (rows_unit B) (rows B) in
  let eta := real P (step_top W) / real P (step_bottom W) in
  positive (over P) (rows_unit B) = true -> positive (over P) (step_bottom W) = true ->
  forall batches A A' f,
  (forall batch, In batch batches -> (0 < fst batch)%nat /\ forall i, In i (snd batch) -> length (row P B i) = d /\ encloses P n points (z i) (fun v => zeta v i)) ->
  place_encloses P n d points A f ->
  dual_wave_steps P R0 d W z batches A = Some A' ->
  place_encloses P n d points A' (fun v => wave_steps (over P) R0 d X eta (zeta v) batches (f v)).
Proof.
  intros B X eta Hs He. induction batches as [|batch batches IH]; intros A A' f Hb HA H; [injection H as <-; exact HA|].
  cbn [dual_wave_steps] in H. destruct (dual_wave_step P R0 d W z batch A) as [A1|] eqn:E; [|discriminate]. simpl in H.
  destruct (Hb batch (or_introl eq_refl)) as [H0 H1].
  apply (IH A1 A' (fun v => wave_step (over P) R0 d X eta (zeta v) batch (f v))); [|
    |exact H].
  - intros b Hin. apply Hb. right. exact Hin.
  - apply (dual_wave_step_sound P R0 n d points W z zeta batch A A1 f Hs He H0); try assumption; intros i Hi; apply H1; exact Hi.
Qed.

(** An epoch does not depend on what other rows weigh. *)
Lemma wave_steps_local K R0 d X eta z z' : forall batches at_,
  (forall batch i, In batch batches -> In i (snd batch) -> z i = z' i) ->
  wave_steps K R0 d X eta z batches at_ = wave_steps K R0 d X eta z' batches at_.
Proof.
  induction batches as [|batch batches IH]; intros at_ H; [reflexivity|]. cbn [wave_steps].
  assert (E : wave_step K R0 d X eta z batch at_ = wave_step K R0 d X eta z' batch at_).
  { unfold wave_step. cbv zeta.
    set (c := fun i => exp (z i - dot d (X i) (fst at_))). set (c' := fun i => exp (z' i - dot d (X i) (fst at_))).
    assert (C : forall i, In i (snd batch) -> c i = c' i) by (intros i Hi; unfold c, c'; rewrite (H batch i (or_introl eq_refl) Hi); reflexivity).
    assert (G : mean_gradient X batch c = mean_gradient X batch c').
    { apply functional_extensionality. intros k. unfold mean_gradient. f_equal. apply sum_over_ext. intros i Hi. rewrite (C i Hi). reflexivity. }
    assert (S : forall k, seen_beside K R0 d X batch c k = seen_beside K R0 d X batch c' k).
    { intros k. unfold seen_beside. rewrite G. destruct (reads_norm R0); [reflexivity|]. apply sum_over_ext. intros i Hi. rewrite (C i Hi). reflexivity. }
    f_equal; [apply functional_extensionality; intros k; rewrite G, S; reflexivity|]. apply map_ext. intros k. rewrite G, S. reflexivity. }
  rewrite E. apply IH. intros b i Hb. apply H. right. exact Hb.
Qed.
