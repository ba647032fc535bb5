(** Certificates of travelling waves: the checker, and that what it accepts is one wave. *)

From Coq Require Import Reals Lra Lia Arith ZArith List Bool FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base MaxMargin Ema EpochMap Game Checkers Contraction Balls Boxes Fields Exponential Programs Waves.
Import ListNotations.
Open Scope R_scope.

(** ** The checker *)

Definition around_0 (P : precision) (a : nat) : dual P := ((zero (over P), unit P), repeat (nothing P) a ++ [exactly_one P]).

Definition wave_fits (P : precision) (R0 : program (over P)) (d b : nat) (W : waved P) : bool :=
  let B := boxes W in let r := length (chosen_rows W) in let q := length (degrees R0) in
  shaped (over P) d (rows_unit B) (rows B) && positive (over P) (center_unit B) && positive (over P) (radii_unit W) &&
  positive (over P) (radius_top B) && same (over P) (radius_top B) (radius_bottom B) && positive (over P) (direction_unit B) &&
  positive (over P) (near_top B) && positive (over P) (near_bottom B) && positive (over P) (mover_unit W) &&
  positive (over P) (step_bottom W) && positive (over P) (growth_bottom W) && positive (over P) (spread_bottom W) &&
  positive (over P) (degrees_unit R0) && Nat.eqb (length (after R0)) q &&
  negb (Nat.eqb (length (wave_batches P b W)) 0) && forallb (fun batch => negb (Nat.eqb (fst batch) 0)) (wave_batches P b W) &&
  forallb (fun a => positive (over P) (nth a (radii W) (zero (over P)))) (seq 0 (r + d * q)) &&
  negb (Nat.eqb (length (support B)) 0) && forallb (fun i => Nat.ltb i (length (rows B))) (support B) &&
  forallb (fun i => existsb (Nat.eqb i) (support B)) (chosen_rows W) &&
  forallb (fun l => vanishes (over P) (lowered P W (base_row P W) l)) (seq 0 r) &&
  forallb (fun a => forallb (fun l => same (over P) (lowered P W (nth a (chosen_rows W) O) l)
                                        (if Nat.eqb a l then lowered_unit P W else zero (over P))) (seq 0 r)) (seq 0 r) &&
  forallb (fun i => forallb (fun k =>
    let entry_of := fun j => nth k (row P B j) (zero (over P)) in let base := entry_of (base_row P W) in
    same (over P) (mul P (lowered_unit P W) (sub P (entry_of i) base))
      (carrier_sum P r (fun l => mul P (lowered P W i l) (sub P (entry_of (nth l (chosen_rows W) O)) base)))) (seq 0 d)) (support B).

(** The growth is that near to the one claimed, which is more than that. *)
Definition grows (P : precision) (W : waved P) (count_of : nat) (grown : dual P) : bool :=
  let B := count P count_of in
  let off := fst (dual_add P grown (dual_mul P (minus_one P)
               (dual_constant P (ratio_ball P (mul P B (growth_top W)) (growth_bottom W))))) in
  at_most (over P) (mul P (magnitude P off) (spread_bottom W)) (mul P (mul P B (spread_top W)) (unit P)) &&
  exceeds P (mul P (spread_top W) (growth_bottom W)) (mul P (growth_top W) (spread_bottom W)).

Definition check_wave (P : precision) (R0 : program (over P)) (d b : nat) (W : waved P) : bool :=
  let B := boxes W in
  wave_fits P R0 d b W &&
  match after_epoch P R0 d b W (fun _ => nowhere P), after_epoch P R0 d b W (around_0 P) with
  | Some middle, Some inside =>
      match wave_heights P R0 d W (fun _ => nowhere P) middle, wave_heights P R0 d W (around_0 P) inside with
      | Some Hm, Some Hs =>
          one_zero P B (length (chosen_rows W) + d * length (degrees R0)) Hm Hs &&
          grows P W (length (wave_batches P b W)) (weighted P (rows_unit B) (row P B (base_row P W)) (fst inside)) &&
          forallb (fun i => existsb (Nat.eqb i) (support B) || surely_positive P (fst (gap P B (base_row P W) i (fst inside))))
            (seq 0 (length (rows B))) &&
          near_enough P B d (fst inside)
      | _, _ => false
      end
  | _, _ => false
  end.

(** ** An epoch, and what has to be 0 *)

Definition wave_data (P : precision) (W : waved P) : nat -> nat -> R := matrix_of (over P) (rows_unit (boxes W)) (rows (boxes W)).
Definition wave_eta (P : precision) (W : waved P) : R := real P (step_top W) / real P (step_bottom W).
Definition epoch_value (P : precision) (R0 : program (over P)) (d b : nat) (W : waved P) (v : nat -> R) : moving :=
  wave_epoch (over P) R0 d (wave_data P W) (wave_eta P W) (wave_batches P b W) (place P W v) (start P R0 d W v).
Definition height_value (P : precision) (R0 : program (over P)) (d b : nat) (W : waved P) (v : nat -> R) (a : nat) : R :=
  let r := length (chosen_rows W) in let q := length (degrees R0) in let at_ := epoch_value P R0 d b W v in
  let X := wave_data P W in let base := base_row P W in
  if Nat.ltb a r then dot d (X (nth a (chosen_rows W) O)) (fst at_) - dot d (X base) (fst at_)
  else exp (degree (over P) R0 ((a - r) mod q) * dot d (X base) (fst at_)) * nth ((a - r) mod q) (nth ((a - r) / q) (snd at_) []) 0
       - coordinate_value P W v a.

(** What a certificate that fits has. *)
Record fitting (P : precision) (R0 : program (over P)) (d b : nat) (W : waved P) : Prop := {
  fit_rows_unit : positive (over P) (rows_unit (boxes W)) = true;
  fit_rows : forall i, (i < length (rows (boxes W)))%nat -> length (row P (boxes W) i) = d;
  fit_center : positive (over P) (center_unit (boxes W)) = true;
  fit_radii_unit : positive (over P) (radii_unit W) = true;
  fit_top : 0 < real P (radius_top (boxes W));
  fit_radius : real P (radius_top (boxes W)) = real P (radius_bottom (boxes W));
  fit_way : positive (over P) (direction_unit (boxes W)) = true;
  fit_near_top : 0 < real P (near_top (boxes W));
  fit_near_bottom : 0 < real P (near_bottom (boxes W));
  fit_mover : positive (over P) (mover_unit W) = true;
  fit_step : positive (over P) (step_bottom W) = true;
  fit_growth : positive (over P) (growth_bottom W) = true;
  fit_spread : positive (over P) (spread_bottom W) = true;
  fit_degrees : positive (over P) (degrees_unit R0) = true;
  fit_batches : (0 < length (wave_batches P b W))%nat;
  fit_sizes : forall batch, In batch (wave_batches P b W) -> (0 < fst batch)%nat;
  fit_radii : forall a, (a < length (chosen_rows W) + d * length (degrees R0))%nat -> 0 < real P (nth a (radii W) (zero (over P)));
  fit_base : In (base_row P W) (support (boxes W));
  fit_support : forall i, In i (support (boxes W)) -> (i < length (rows (boxes W)))%nat;
  fit_chosen : forall a, (a < length (chosen_rows W))%nat -> In (nth a (chosen_rows W) O) (support (boxes W));
  fit_still : forall l, (l < length (chosen_rows W))%nat -> real P (lowered P W (base_row P W) l) = 0;
  fit_moves : forall a l, (a < length (chosen_rows W))%nat -> (l < length (chosen_rows W))%nat ->
    real P (lowered P W (nth a (chosen_rows W) O) l) = if Nat.eqb a l then real P (lowered_unit P W) else 0;
  fit_chart : forall i k, In i (support (boxes W)) -> (k < d)%nat ->
    wave_data P W i k - wave_data P W (base_row P W) k
    = sum (length (chosen_rows W)) (fun l => real P (lowered P W i l) / real P (lowered_unit P W)
        * (wave_data P W (nth l (chosen_rows W) O) k - wave_data P W (base_row P W) k)) }.

Lemma real_same P a b : same (over P) a b = true -> real P a = real P b.
Proof. unfold same. rewrite andb_true_iff. intros [H1 H2]. apply real_at_most in H1. apply real_at_most in H2. lra. Qed.

Lemma member_In i l : existsb (Nat.eqb i) l = true -> In i l.
Proof. intros H. apply existsb_exists in H. destruct H as [j [Hj E]]. apply Nat.eqb_eq in E. subst. exact Hj. Qed.

Lemma forallb_below (f : nat -> bool) n : forallb f (seq 0 n) = true -> forall i, (i < n)%nat -> f i = true.
Proof. intros H i Hi. rewrite forallb_forall in H. apply H, in_seq. lia. Qed.

Lemma lowered_unit_positive P W : positive (over P) (rows_unit (boxes W)) = true -> positive (over P) (mover_unit W) = true ->
  0 < real P (lowered_unit P W).
Proof. intros Hs Hm. unfold lowered_unit. rewrite real_mul. apply Rmult_lt_0_compat; apply real_positive; assumption. Qed.

Lemma wave_fits_spec P R0 d b W : wave_fits P R0 d b W = true -> fitting P R0 d b W.
Proof.
  intros H. unfold wave_fits in H. repeat rewrite andb_true_iff in H.
  destruct H as [[[[[[[[[[[[[[[[[[[[[[H1 H2] H3] H4] H5] H6] H7] H8] H9] H10] H11] H12] H13] H14] H15] H16] H17] H18] H19] H20] H21] H22] H23].
  destruct (shaped_spec _ _ _ _ H1) as [_ [_ Hl]]. unfold shaped in H1. apply andb_true_iff in H1. destruct H1 as [H1 _].
  pose proof (lowered_unit_positive P W H1 H9) as Hu. pose proof (real_positive P _ H1) as Hs.
  apply negb_true_iff, Nat.eqb_neq in H15. apply negb_true_iff, Nat.eqb_neq in H18.
  rewrite forallb_forall in H16, H19, H20, H23.
  split; try assumption.
  - apply real_positive. exact H4.
  - apply real_same. exact H5.
  - apply real_positive. exact H7.
  - apply real_positive. exact H8.
  - lia.
  - intros batch Hb. specialize (H16 batch Hb). apply negb_true_iff, Nat.eqb_neq in H16. lia.
  - intros a Ha. apply real_positive. exact (forallb_below _ _ H17 a Ha).
  - unfold base_row. destruct (support (boxes W)); [simpl in H18; lia|left; reflexivity].
  - intros i Hi. apply Nat.ltb_lt. apply H19. exact Hi.
  - intros a Ha. apply member_In, H20, nth_In. exact Ha.
  - intros l Hll. apply real_vanishes. exact (forallb_below _ _ H21 l Hll).
  - intros a l Ha Hll. pose proof (forallb_below _ _ (forallb_below _ _ H22 a Ha) l Hll) as E. apply real_same in E.
    rewrite E. destruct (Nat.eqb a l); [reflexivity|apply real_zero].
  - intros i k Hi Hk. pose proof (forallb_below _ _ (H23 i Hi) k Hk) as E. apply real_same in E.
    rewrite real_mul, real_sub, real_carrier_sum in E.
    assert (G : forall j, wave_data P W j k = real P (nth k (row P (boxes W) j) (zero (over P))) / real P (rows_unit (boxes W))) by reflexivity.
    rewrite !G. unfold Rdiv at 1 2. rewrite <- Rmult_minus_distr_r.
    apply (Rmult_eq_reg_l (real P (lowered_unit P W))); [|lra]. rewrite <- Rmult_assoc, E, <- sum_scal, <- sum_scal_r.
    apply sum_ext. intros l _. rewrite real_mul, real_sub, !G. field. split; lra.
Qed.

Lemma held_batches_members b N held batch i : In batch (held_batches b N held) -> In i (snd batch) -> In i held.
Proof.
  intros H Hi. apply in_map_iff in H. destruct H as [q [<- _]]. cbn [snd] in Hi. apply filter_In in Hi. apply member_In. apply Hi.
Qed.

Lemma list_encloses_any P n points l f i : list_encloses P n points l f ->
  encloses P n points (height P l i) (fun v => nth i (f v) 0).
Proof.
  intros [L H]. destruct (le_lt_dec (length l) i) as [Hle|Hlt]; [|apply H; exact Hlt].
  unfold height. rewrite nth_overflow by exact Hle.
  apply (encloses_ext P n points _ (fun _ => 0)); [intros v; symmetry; apply nth_overflow; rewrite L; exact Hle|].
  apply encloses_constant, holds_nothing.
Qed.

Lemma after_epoch_sound P R0 d b W n points t A : fitting P R0 d b W ->
  (forall a, (a < length (chosen_rows W) + d * length (degrees R0))%nat -> encloses P n points (t a) (fun v => v a)) ->
  after_epoch P R0 d b W t = Some A -> place_encloses P n d points A (epoch_value P R0 d b W).
Proof.
  intros F Ht H. unfold after_epoch in H. cbv zeta in H. set (N := length (rows (boxes W))) in *.
  set (r := length (chosen_rows W)) in *. set (q := length (degrees R0)) in *.
  apply (dual_wave_steps_sound P R0 n d points W (fun i => nth i (map (log_weight P W t) (seq 0 N)) (nowhere P)) (fun v i => - dot d (wave_data P W i) (place P W v)) (fit_rows_unit _ _ _ _ _ F) (fit_step _ _ _ _ _ F)
           (wave_batches P b W) (repeat (nowhere P) d, start_states P R0 d W t) A (fun v => (fun _ => 0, start P R0 d W v))); [| |exact H].
  - intros batch Hb. split; [exact (fit_sizes _ _ _ _ _ F batch Hb)|]. intros i Hi.
    pose proof (fit_support _ _ _ _ _ F i (held_batches_members _ _ _ _ _ Hb Hi)) as HiN. fold N in HiN.
    split; [exact (fit_rows _ _ _ _ _ F i HiN)|]. rewrite nth_map_seq by exact HiN.
    apply encloses_log_weight; [exact (fit_rows_unit _ _ _ _ _ F)|exact (fit_mover _ _ _ _ _ F)|exact (fit_center _ _ _ _ _ F)|
      exact (fit_radii_unit _ _ _ _ _ F)|exact (fit_rows _ _ _ _ _ F i HiN)|]. intros a Ha. apply Ht. fold r in Ha. lia.
  - unfold place_encloses. cbn [fst snd]. split; [apply repeat_length|]. unfold start_states, start. cbv zeta. fold q r.
    split; [rewrite length_map, length_seq; reflexivity|]. split; [intros v; rewrite length_map, length_seq; reflexivity|]. split.
    + intros k Hk. unfold height. rewrite (nth_indep _ _ (nowhere P)) by (rewrite repeat_length; exact Hk). rewrite nth_repeat.
      apply encloses_constant, holds_nothing.
    + intros k Hk. rewrite nth_map_seq by exact Hk. split.
      * intros v. rewrite (nth_map_seq _ d k [] Hk), !length_map. reflexivity.
      * intros j Hj. rewrite length_map, length_seq in Hj. unfold height. rewrite nth_map_seq by exact Hj.
        apply (encloses_ext P n points _ (fun v => coordinate_value P W v (r + (k * q + j)))).
        -- intros v. rewrite (nth_map_seq _ d k [] Hk). symmetry. exact (nth_map_seq (fun j => coordinate_value P W v (r + (k * q + j))) q j 0 Hj).
        -- apply encloses_coordinate; [exact (fit_center _ _ _ _ _ F)|exact (fit_radii_unit _ _ _ _ _ F)|]. apply Ht. nia.
Qed.

Lemma encloses_margin P R0 d b W n points A i : fitting P R0 d b W -> (i < length (rows (boxes W)))%nat ->
  place_encloses P n d points A (epoch_value P R0 d b W) ->
  encloses P n points (weighted P (rows_unit (boxes W)) (row P (boxes W) i) (fst A))
    (fun v => dot d (wave_data P W i) (fst (epoch_value P R0 d b W v))).
Proof.
  intros F Hi [L1 [_ [_ [HA _]]]].
  pose proof (encloses_weighted P n points (rows_unit (boxes W)) (fit_rows_unit _ _ _ _ _ F) (row P (boxes W) i) (fst A)
    (fun k v => fst (epoch_value P R0 d b W v) k) ltac:(rewrite (fit_rows _ _ _ _ _ F i Hi); congruence) ltac:(rewrite L1; exact HA)) as E.
  rewrite L1 in E. exact E.
Qed.

Lemma encloses_margin_gap P R0 d b W n points A i j : fitting P R0 d b W ->
  (i < length (rows (boxes W)))%nat -> (j < length (rows (boxes W)))%nat ->
  place_encloses P n d points A (epoch_value P R0 d b W) ->
  encloses P n points (gap P (boxes W) j i (fst A))
    (fun v => dot d (wave_data P W i) (fst (epoch_value P R0 d b W v)) - dot d (wave_data P W j) (fst (epoch_value P R0 d b W v))).
Proof.
  intros F Hi Hj [L1 [_ [_ [HA _]]]].
  exact (encloses_gap P n points (boxes W) j i (fst A) (fun k v => fst (epoch_value P R0 d b W v) k) d (fit_rows_unit _ _ _ _ _ F)
    (fit_rows _ _ _ _ _ F i Hi) (fit_rows _ _ _ _ _ F j Hj) L1 HA).
Qed.

Lemma wave_heights_sound P R0 d b W n points t A H : fitting P R0 d b W ->
  (forall a, (a < length (chosen_rows W) + d * length (degrees R0))%nat -> encloses P n points (t a) (fun v => v a)) ->
  place_encloses P n d points A (epoch_value P R0 d b W) ->
  wave_heights P R0 d W t A = Some H ->
  forall a, (a < length (chosen_rows W) + d * length (degrees R0))%nat ->
    encloses P n points (height P H a) (fun v => height_value P R0 d b W v a).
Proof.
  intros F Ht HA E a Ha. unfold wave_heights in E. cbv zeta in E.
  destruct (all_some (map _ (degrees R0))) as [fades|] eqn:Ef; [|discriminate]. injection E as <-.
  destruct (all_some_map _ _ _ (zero (over P)) (nowhere P) Ef) as [_ Nf].
  set (r := length (chosen_rows W)) in *. set (q := length (degrees R0)) in *.
  assert (Hbase : (base_row P W < length (rows (boxes W)))%nat) by (apply (fit_support _ _ _ _ _ F), (fit_base _ _ _ _ _ F)).
  unfold height at 1. rewrite nth_map_seq by exact Ha. unfold height_value. cbv zeta. fold r q.
  destruct (Nat.ltb a r) eqn:El.
  - apply Nat.ltb_lt in El. apply encloses_margin_gap; try assumption. apply (fit_support _ _ _ _ _ F), (fit_chosen _ _ _ _ _ F). exact El.
  - apply Nat.ltb_ge in El. assert (Hq : (0 < q)%nat) by nia.
    pose proof (Nat.mod_upper_bound (a - r) q ltac:(lia)) as Hj. assert (Hk : ((a - r) / q < d)%nat) by (apply div_below; lia).
    unfold Rminus at 1. apply encloses_add.
    + apply (encloses_mul P n points _ _
        (fun v => exp (degree (over P) R0 ((a - r) mod q) * dot d (wave_data P W (base_row P W)) (fst (epoch_value P R0 d b W v))))
        (fun v => nth ((a - r) mod q) (nth ((a - r) / q) (snd (epoch_value P R0 d b W v)) []) 0)).
      * specialize (Nf _ Hj). apply (encloses_exp P n points _ _ _ _ _ Nf).
        apply (encloses_mul P n points _ _ (fun _ => degree (over P) R0 ((a - r) mod q))
                 (fun v => dot d (wave_data P W (base_row P W)) (fst (epoch_value P R0 d b W v)))).
        -- apply encloses_constant. exact (holds_ratio_ball P _ _ (fit_degrees _ _ _ _ _ F)).
        -- apply encloses_margin; assumption.
      * destruct HA as [_ [_ [_ [_ HS]]]]. apply list_encloses_any. apply HS. exact Hk.
    + apply encloses_minus. apply encloses_coordinate; [exact (fit_center _ _ _ _ _ F)|exact (fit_radii_unit _ _ _ _ _ F)|].
      apply Ht. exact Ha.
Qed.

(** The duals of t: at t = 0, and where |t| <= 1. *)
Lemma nowhere_encloses P a : encloses P O (fun v => v = fun _ => 0) (nowhere P) (fun v => v a).
Proof.
  split; [intros v ->; apply holds_nothing|]. intros v u -> ->. exists (fun _ => 0).
  split; [intros j; unfold slope_at, nowhere; cbn; destruct j; apply holds_nothing|]. simpl. ring.
Qed.

Lemma around_0_encloses P n a rho : rho = 1 -> (a < n)%nat ->
  encloses P n (in_box n (fun _ => 0) (fun _ => rho)) (around_0 P a) (fun v => v a).
Proof.
  intros -> Ha. split.
  - intros v Hv. specialize (Hv a Ha). rewrite Rminus_0_r in Hv. unfold holds, around_0. cbn [fst snd].
    rewrite real_zero, Rminus_0_r, Rabs_mult. pose proof (unit_positive P). rewrite (Rabs_right (real P (unit P))) by lra. nra.
  - intros v u _ _. exists (unit_matrix a). split; [|rewrite sum_unit by exact Ha; reflexivity].
    intros q. apply holds_unit_slopes.
Qed.

(** ** Soundness *)

(** The margins of the support follow those of the chosen rows and the base. *)
Lemma chart_margin P R0 d b W i u : fitting P R0 d b W -> In i (support (boxes W)) ->
  dot d (wave_data P W i) u - dot d (wave_data P W (base_row P W)) u
  = sum (length (chosen_rows W)) (fun l => real P (lowered P W i l) / real P (lowered_unit P W)
      * (dot d (wave_data P W (nth l (chosen_rows W) O)) u - dot d (wave_data P W (base_row P W)) u)).
Proof.
  intros F Hi. rewrite <- dot_minus_l.
  rewrite (dot_ext_l d _ _ u (fun k Hk => fit_chart _ _ _ _ _ F i k Hi Hk)). unfold dot at 1.
  rewrite (sum_ext d _ (fun k => sum (length (chosen_rows W)) (fun l => real P (lowered P W i l) / real P (lowered_unit P W)
     * ((wave_data P W (nth l (chosen_rows W) O) k - wave_data P W (base_row P W) k) * u k)))).
  - rewrite sum_swap. apply sum_ext. intros l _. rewrite sum_scal. f_equal. rewrite <- dot_minus_l. reflexivity.
  - intros k _. rewrite <- sum_scal_r. apply sum_ext. intros; ring.
Qed.

(** At the place of such coordinates the base has the margin 0, and a row of the support what its coordinates say. *)
Lemma place_of_coordinates P R0 d b W v i : fitting P R0 d b W -> In i (support (boxes W)) ->
  dot d (wave_data P W i) (place P W v)
  = - sum (length (chosen_rows W)) (fun l => real P (lowered P W i l) / real P (lowered_unit P W) * coordinate_value P W v l).
Proof.
  intros F Hi. rewrite place_margin. rewrite <- (Rmult_1_l (sum _ (fun l => _ / _ * _))), Ropp_mult_distr_l, <- sum_scal. apply sum_ext.
  intros l _. rewrite (lowered_value P d W i l (fit_rows_unit _ _ _ _ _ F) (fit_mover _ _ _ _ _ F)
    (fit_rows _ _ _ _ _ F i (fit_support _ _ _ _ _ F i Hi))). unfold wave_data. ring.
Qed.

Lemma start_entry P R0 d W v k j : (k < d)%nat -> (j < length (degrees R0))%nat ->
  nth j (nth k (start P R0 d W v) []) 0 = coordinate_value P W v (length (chosen_rows W) + (k * length (degrees R0) + j)).
Proof.
  intros Hk Hj. set (r := length (chosen_rows W)). set (q := length (degrees R0)) in *. unfold start. cbv zeta. fold q r.
  rewrite (nth_map_seq (fun k => map (fun j => coordinate_value P W v (r + (k * q + j))) (seq 0 q)) d k [] Hk).
  exact (nth_map_seq (fun j => coordinate_value P W v (r + (k * q + j))) q j 0 Hj).
Qed.

(** A place of these coordinates is a wave where all heights are 0. *)
Lemma zero_is_wave P R0 d b W v : fitting P R0 d b W ->
  (forall a, (a < length (chosen_rows W) + d * length (degrees R0))%nat -> height_value P R0 d b W v a = 0) ->
  is_wave (over P) R0 d (wave_data P W) (wave_eta P W) (wave_batches P b W) (support (boxes W)) (place P W v) (start P R0 d W v)
    (dot d (wave_data P W (base_row P W)) (fst (epoch_value P R0 d b W v)) / INR (length (wave_batches P b W))).
Proof.
  intros F Hz. set (r := length (chosen_rows W)) in *. set (q := length (degrees R0)) in *.
  assert (HB : INR (length (wave_batches P b W)) <> 0) by (apply not_0_INR; pose proof (fit_batches _ _ _ _ _ F); lia).
  set (g := dot d (wave_data P W (base_row P W)) (fst (epoch_value P R0 d b W v))).
  assert (EB : INR (length (wave_batches P b W)) * (g / INR (length (wave_batches P b W))) = g) by (field; exact HB).
  split.
  - change (dot d (wave_data P W (base_row P W)) (place P W v) = 0).
    rewrite (place_of_coordinates P R0 d b W v _ F (fit_base _ _ _ _ _ F)), sum_zero; [ring|]. intros l Hl.
    rewrite (fit_still _ _ _ _ _ F l Hl). unfold Rdiv. ring.
  - unfold start. cbv zeta. rewrite length_map, length_seq. split; [reflexivity|]. intros k Hk.
    rewrite nth_map_seq by exact Hk. rewrite length_map, length_seq. reflexivity.
  - intros i Hi. rewrite EB. change (dot d (wave_data P W i) (fst (epoch_value P R0 d b W v)) = g).
    apply Rminus_diag_uniq. unfold g. rewrite (chart_margin P R0 d b W i _ F Hi). apply sum_zero. intros l Hl.
    specialize (Hz l ltac:(fold r in Hl; lia)). unfold height_value in Hz. cbv zeta in Hz. fold r in Hz, Hl.
    rewrite (proj2 (Nat.ltb_lt l r) Hl) in Hz. rewrite Hz. ring.
  - intros k j Hk Hj. rewrite EB. fold q in Hj. specialize (Hz (r + (k * q + j))%nat ltac:(nia)). unfold height_value in Hz. cbv zeta in Hz.
    fold r q g in Hz. rewrite (proj2 (Nat.ltb_ge (r + (k * q + j)) r)) in Hz by lia.
    replace (r + (k * q + j) - r)%nat with (k * q + j)%nat in Hz by lia.
    assert (E1 : ((k * q + j) / q = k)%nat) by (rewrite Nat.div_add_l by lia; rewrite Nat.div_small by exact Hj; lia).
    assert (E2 : ((k * q + j) mod q = j)%nat) by (symmetry; apply (Nat.mod_unique _ q k); lia).
    rewrite E1, E2 in Hz.
    rewrite (start_entry P R0 d W v k j Hk Hj). fold q r.
    change (nth j (nth k (snd (epoch_value P R0 d b W v)) []) 0 = exp (- (degree (over P) R0 j * g)) * coordinate_value P W v (r + (k * q + j))).
    replace (coordinate_value P W v (r + (k * q + j))) with (exp (degree (over P) R0 j * g) * nth j (nth k (snd (epoch_value P R0 d b W v)) []) 0) by lra.
    rewrite <- Rmult_assoc, <- exp_plus, Rplus_opp_l, exp_0. ring.
Qed.

Lemma coordinates_of_place P R0 d b W v a : fitting P R0 d b W -> (a < length (chosen_rows W) + d * length (degrees R0))%nat ->
  wave_coordinates d (wave_data P W) (base_row P W) (chosen_rows W) (length (degrees R0)) (place P W v) (start P R0 d W v) a
  = coordinate_value P W v a.
Proof.
  intros F Ha. set (r := length (chosen_rows W)) in *. set (q := length (degrees R0)) in *. unfold wave_coordinates. fold r.
  destruct (Nat.ltb a r) eqn:E.
  - apply Nat.ltb_lt in E. rewrite (place_of_coordinates P R0 d b W v _ F (fit_base _ _ _ _ _ F)), sum_zero.
    2:{ intros l Hl. rewrite (fit_still _ _ _ _ _ F l Hl). unfold Rdiv. ring. }
    rewrite (place_of_coordinates P R0 d b W v _ F (fit_chosen _ _ _ _ _ F a E)). fold r.
    pose proof (lowered_unit_positive P W (fit_rows_unit _ _ _ _ _ F) (fit_mover _ _ _ _ _ F)) as Hu.
    rewrite (sum_ext r _ (fun l => unit_matrix a l * coordinate_value P W v l)).
    + rewrite sum_unit by exact E. ring.
    + intros l Hl. rewrite (fit_moves _ _ _ _ _ F a l E Hl). unfold unit_matrix. destruct (Nat.eqb a l); field; lra.
  - apply Nat.ltb_ge in E. assert (Hq : (0 < q)%nat) by nia.
    pose proof (Nat.mod_upper_bound (a - r) q ltac:(lia)) as Hj. assert (Hk : ((a - r) / q < d)%nat) by (apply div_below; lia).
    rewrite (start_entry P R0 d W v _ _ Hk Hj). fold q r. f_equal.
    pose proof (Nat.div_mod_eq (a - r) q). lia.
Qed.

(** What the coordinates of a wave are, in units of the box, makes all heights 0. *)
Lemma wave_is_zero P R0 d b W w s r' v : fitting P R0 d b W ->
  is_wave (over P) R0 d (wave_data P W) (wave_eta P W) (wave_batches P b W) (support (boxes W)) w s r' ->
  (forall a, (a < length (chosen_rows W) + d * length (degrees R0))%nat ->
     coordinate_value P W v a = wave_coordinates d (wave_data P W) (base_row P W) (chosen_rows W) (length (degrees R0)) w s a) ->
  s = start P R0 d W v /\
  (forall i, In i (support (boxes W)) -> dot d (wave_data P W i) w = dot d (wave_data P W i) (place P W v)) /\
  wave_epoch (over P) R0 d (wave_data P W) (wave_eta P W) (wave_batches P b W) w s = epoch_value P R0 d b W v /\
  forall a, (a < length (chosen_rows W) + d * length (degrees R0))%nat -> height_value P R0 d b W v a = 0.
Proof.
  intros F [Hbase [Hd Hq] Hmargins Hstates] Hv. set (r := length (chosen_rows W)) in *. set (q := length (degrees R0)) in *.
  change (dot d (wave_data P W (base_row P W)) w = 0) in Hbase.
  assert (Es : s = start P R0 d W v).
  { assert (Hlen : length (start P R0 d W v) = d) by (unfold start; rewrite length_map, length_seq; reflexivity).
    assert (Hlens : forall k, (k < d)%nat -> length (nth k (start P R0 d W v) []) = q).
    { intros k Hk. unfold start. cbv zeta. rewrite nth_map_seq, length_map, length_seq by exact Hk. reflexivity. }
    apply (nth_ext _ _ [] []); [rewrite Hlen; exact Hd|]. intros k Hk. rewrite Hd in Hk.
    apply (nth_ext _ _ 0 0); [rewrite (Hlens k Hk); apply Hq; exact Hk|]. intros j Hj. rewrite (Hq k Hk) in Hj. fold q in Hj.
    rewrite (start_entry P R0 d W v k j Hk Hj). fold q r. rewrite Hv by nia.
    unfold wave_coordinates. fold r. rewrite (proj2 (Nat.ltb_ge (r + (k * q + j)) r)) by lia.
    replace (r + (k * q + j) - r)%nat with (k * q + j)%nat by lia.
    replace ((k * q + j) / q)%nat with k by (rewrite Nat.div_add_l by lia; rewrite Nat.div_small by exact Hj; lia).
    replace ((k * q + j) mod q)%nat with j by (apply (Nat.mod_unique _ q k); lia).
    reflexivity. }
  assert (Ew : forall i, In i (support (boxes W)) -> dot d (wave_data P W i) w = dot d (wave_data P W i) (place P W v)).
  { intros i Hi. rewrite (place_of_coordinates P R0 d b W v i F Hi). fold r.
    pose proof (chart_margin P R0 d b W i w F Hi) as C. rewrite Hbase, Rminus_0_r in C. rewrite C. fold r.
    rewrite <- (Rmult_1_l (sum r (fun l => _ * coordinate_value P W v l))), Ropp_mult_distr_l, <- sum_scal.
    apply sum_ext. intros l Hl. rewrite Hv by lia. unfold wave_coordinates. fold r. rewrite (proj2 (Nat.ltb_lt l r) Hl), Hbase. ring. }
  assert (Ee : wave_epoch (over P) R0 d (wave_data P W) (wave_eta P W) (wave_batches P b W) w s = epoch_value P R0 d b W v).
  { unfold epoch_value, wave_epoch. rewrite <- Es. apply wave_steps_local. intros batch i Hb Hi. f_equal. apply Ew.
    exact (held_batches_members _ _ _ _ _ Hb Hi). }
  split; [exact Es|]. split; [exact Ew|]. split; [exact Ee|].
  rewrite Ee in Hmargins, Hstates.
  intros a Ha. unfold height_value. cbv zeta. fold r q.
  pose proof (Hmargins _ (fit_base _ _ _ _ _ F)) as Mb. destruct (Nat.ltb a r) eqn:E.
  - apply Nat.ltb_lt in E. rewrite (Hmargins _ (fit_chosen _ _ _ _ _ F a E)), Mb. ring.
  - apply Nat.ltb_ge in E. assert (Hq0 : (0 < q)%nat) by nia.
    pose proof (Nat.mod_upper_bound (a - r) q ltac:(lia)) as Hj. assert (Hk : ((a - r) / q < d)%nat) by (apply div_below; lia).
    rewrite (Hstates _ _ Hk Hj), Mb, Hv by exact Ha. unfold wave_coordinates. fold r. rewrite (proj2 (Nat.ltb_ge a r) E).
    rewrite <- Rmult_assoc, <- exp_plus, Rplus_opp_r, exp_0. ring.
Qed.

Lemma grows_spec P R0 d b W grown g : fitting P R0 d b W ->
  grows P W (length (wave_batches P b W)) grown = true -> holds P (fst grown) g ->
  let r := g / INR (length (wave_batches P b W)) in
  0 < r /\ Rabs (r - real P (growth_top W) / real P (growth_bottom W)) <= real P (spread_top W) / real P (spread_bottom W).
Proof.
  intros F H Hg r. unfold grows in H. cbv zeta in H. apply andb_true_iff in H. destruct H as [H1 H2].
  apply real_at_most in H1. apply exceeds_spec in H2. rewrite !real_mul, real_count in H1. rewrite !real_mul in H2.
  pose proof (real_positive P _ (fit_growth _ _ _ _ _ F)) as Gb. pose proof (real_positive P _ (fit_spread _ _ _ _ _ F)) as Sb.
  set (n := length (wave_batches P b W)) in *. assert (Hn : 0 < INR n) by (apply lt_0_INR; exact (fit_batches _ _ _ _ _ F)).
  pose proof (unit_positive P) as Hu.
  set (gt := real P (growth_top W)) in *. set (gb := real P (growth_bottom W)) in *.
  set (st := real P (spread_top W)) in *. set (sb := real P (spread_bottom W)) in *. set (u := real P (unit P)) in *.
  assert (M : Rabs (g - INR n * gt / gb) * u <= real P (magnitude P (fst (dual_add P grown (dual_mul P (minus_one P)
               (dual_constant P (ratio_ball P (mul P (count P n) (growth_top W)) (growth_bottom W)))))))).
  { apply (magnitude_spec P). unfold dual_add. cbn [fst]. unfold Rminus. apply holds_add; [exact Hg|].
    unfold dual_mul. cbn [fst]. replace (- (INR n * gt / gb)) with (- (1) * (INR n * gt / gb)) by ring. apply holds_mul.
    - apply holds_opposite, holds_exactly_one.
    - pose proof (holds_ratio_ball P (mul P (count P n) (growth_top W)) (growth_bottom W) (fit_growth _ _ _ _ _ F)) as Q.
      rewrite real_mul, real_count in Q. exact Q. }
  set (m := real P (magnitude P _)) in *.
  assert (B : Rabs (g - INR n * gt / gb) <= INR n * st / sb).
  { apply (Rmult_le_reg_r (u * sb)); [apply Rmult_lt_0_compat; assumption|].
    replace (INR n * st / sb * (u * sb)) with (INR n * st * u) by (field; lra).
    apply Rle_trans with (m * sb); [|exact H1]. rewrite <- Rmult_assoc. apply Rmult_le_compat_r; lra. }
  assert (A : Rabs (r - gt / gb) <= st / sb).
  { apply (Rmult_le_reg_l (INR n)); [exact Hn|]. rewrite <- (Rabs_right (INR n)) at 1 by lra. rewrite <- Rabs_mult.
    replace (INR n * (r - gt / gb)) with (g - INR n * gt / gb) by (unfold r; field; split; lra).
    replace (INR n * (st / sb)) with (INR n * st / sb) by (unfold Rdiv; ring). exact B. }
  split; [|exact A]. apply abs_between in A.
  assert (st / sb < gt / gb); [|lra].
  apply (Rmult_lt_reg_r (sb * gb)); [apply Rmult_lt_0_compat; assumption|].
  replace (st / sb * (sb * gb)) with (st * gb) by (field; lra). replace (gt / gb * (sb * gb)) with (gt * sb) by (field; lra). exact H2.
Qed.

(** Claims: none.
    Certificates of a travelling wave, of any rule whose program is made of sums, products, quotients and square roots, at
    any batch size: if the checker says true, there is one and only one wave with its coordinates $\log(c_i / c_b)$ and
    states in the box, at which the margins of the support grow by $r > 0$ a step, as near to the growth claimed as is
    said, those of all other rows by more, and an epoch moves $w$ in the direction claimed. *)
Theorem check_wave_sound :
  forall P R0 d b W,
    check_wave P R0 d b W = true ->
    let B := boxes W in
    one_wave (over P) R0 (length (rows B)) d (matrix_of (over P) (rows_unit B) (rows B))
      (real P (step_top W) / real P (step_bottom W)) b (support B) (chosen_rows W)
      (vector_of (over P) (center_unit B) (center B)) (vector_of (over P) (radii_unit W) (radii W))
      (real P (growth_top W) / real P (growth_bottom W)) (real P (spread_top W) / real P (spread_bottom W))
      (vector_of (over P) (direction_unit B) (direction B)) (real P (near_top B) / real P (near_bottom B)).
Proof.
  intros P R0 d b W H B. unfold check_wave in H. fold B in H. cbv zeta in H. apply andb_true_iff in H. destruct H as [Hfit H].
  pose proof (wave_fits_spec P R0 d b W Hfit) as F.
  destruct (after_epoch P R0 d b W (fun _ => nowhere P)) as [middle|] eqn:Em; [|discriminate].
  destruct (after_epoch P R0 d b W (around_0 P)) as [inside|] eqn:Ei; [|discriminate].
  destruct (wave_heights P R0 d W (fun _ => nowhere P) middle) as [Hm|] eqn:Hhm; [|discriminate].
  destruct (wave_heights P R0 d W (around_0 P) inside) as [Hs|] eqn:Hhs; [|discriminate].
  repeat rewrite andb_true_iff in H. destruct H as [[[Hzero Hgrows] Hslack] Hnear].
  set (r := length (chosen_rows W)) in *. set (q := length (degrees R0)) in *. set (n := (r + d * q)%nat) in *.
  pose proof (fit_top _ _ _ _ _ F) as Ht. pose proof (fit_radius _ _ _ _ _ F) as Hr. fold B in Ht, Hr.
  assert (R1 : radius P B = 1) by (unfold radius; rewrite <- Hr; field; lra).
  set (pts := in_box n (fun _ => 0) (fun _ => radius P B)).
  assert (T0 : forall a, (a < n)%nat -> encloses P O (fun v => v = fun _ => 0) (nowhere P) (fun v => v a)) by (intros a _; apply nowhere_encloses).
  assert (T1 : forall a, (a < n)%nat -> encloses P n pts (around_0 P a) (fun v => v a)) by (intros a Ha; apply around_0_encloses; [exact R1|exact Ha]).
  pose proof (after_epoch_sound P R0 d b W _ _ _ _ F T0 Em) as Am. pose proof (after_epoch_sound P R0 d b W _ _ _ _ F T1 Ei) as Ai.
  pose proof (wave_heights_sound P R0 d b W _ _ _ _ _ F T0 Am Hhm) as Wm. pose proof (wave_heights_sound P R0 d b W _ _ _ _ _ F T1 Ai Hhs) as Wi.
  fold r q n in Wm, Wi.
  destruct (one_zero_spec P B n Hm Hs (fun _ => 0) (height_value P R0 d b W) Ht ltac:(rewrite <- Hr; exact Ht) Hzero) as [v [Hv [Hz Hone]]].
  { intros a Ha. destruct (Wm a Ha) as [Q _]. exact (Q (fun _ => 0) eq_refl). }
  { exact Wi. }
  set (at_ := epoch_value P R0 d b W v). set (X := wave_data P W).
  assert (Hbase : (base_row P W < length (rows B))%nat) by (apply (fit_support _ _ _ _ _ F), (fit_base _ _ _ _ _ F)).
  assert (HB : 0 < INR (length (wave_batches P b W))) by (apply lt_0_INR; exact (fit_batches _ _ _ _ _ F)).
  set (g := dot d (X (base_row P W)) (fst at_)).
  destruct (encloses_margin P R0 d b W n pts inside (base_row P W) F Hbase Ai) as [G _]. specialize (G v Hv). fold X at_ g in G.
  destruct (grows_spec P R0 d b W _ g F Hgrows G) as [Gpos Gnear].
  unfold one_wave. cbv zeta. fold r q n. change (matrix_of (over P) (rows_unit B) (rows B)) with X.
  exists (place P W v), (start P R0 d W v), (g / INR (length (wave_batches P b W))).
  split; [exact (zero_is_wave P R0 d b W v F Hz)|]. split; [|split; [exact Gpos|split; [exact Gnear|]]].
  { intros a Ha. change (hd O (support B)) with (base_row P W). unfold X, q. rewrite (coordinates_of_place P R0 d b W v a F Ha).
    unfold coordinate_value. fold B. set (c := vector_of _ _ (center B) a). set (rho := vector_of _ _ (radii W) a).
    assert (Hrho : 0 < rho) by (apply Rdiv_lt_0_compat; [exact (fit_radii _ _ _ _ _ F a Ha)|apply real_positive, (fit_radii_unit _ _ _ _ _ F)]).
    specialize (Hv a Ha). rewrite Rminus_0_r, R1 in Hv. replace (c + rho * v a - c) with (rho * v a) by ring.
    rewrite Rabs_mult, (Rabs_right rho) by lra. nra. }
  split; [|split].
  - intros i Hi Hn. pose proof (forallb_below _ _ Hslack i Hi) as E. apply orb_true_iff in E. destruct E as [E|E]; [exfalso; apply Hn, member_In; exact E|].
    destruct (encloses_margin_gap P R0 d b W n pts inside i (base_row P W) F Hi Hbase Ai) as [Q _]. specialize (Q v Hv).
    pose proof (surely_positive_spec P _ _ E Q) as More. fold X at_ g in More.
    change (INR (length (wave_batches P b W)) * (g / INR (length (wave_batches P b W))) < dot d (X i) (fst at_)).
    replace (INR (length (wave_batches P b W)) * (g / INR (length (wave_batches P b W)))) with g by (field; lra). lra.
  - destruct Ai as [L1 [_ [_ [HA _]]]].
    apply (near_enough_spec P B d (fst inside) (fst at_) (fit_way _ _ _ _ _ F) (fit_near_top _ _ _ _ _ F) (fit_near_bottom _ _ _ _ _ F) L1); [|exact Hnear].
    intros k Hk. destruct (HA k Hk) as [Q _]. exact (Q v Hv).
  - intros w' s' r' Hw Hin.
    set (v' := fun a => (wave_coordinates d X (base_row P W) (chosen_rows W) q w' s' a - vector_of (over P) (center_unit B) (center B) a)
                        / vector_of (over P) (radii_unit W) (radii W) a).
    assert (Hrho : forall a, (a < n)%nat -> 0 < vector_of (over P) (radii_unit W) (radii W) a).
    { intros a Ha. apply Rdiv_lt_0_compat; [exact (fit_radii _ _ _ _ _ F a Ha)|apply real_positive, (fit_radii_unit _ _ _ _ _ F)]. }
    assert (Hval : forall a, (a < n)%nat -> coordinate_value P W v' a = wave_coordinates d X (base_row P W) (chosen_rows W) q w' s' a).
    { intros a Ha. unfold coordinate_value, v'. fold B. specialize (Hrho a Ha). field. lra. }
    destruct (wave_is_zero P R0 d b W w' s' r' v' F Hw Hval) as [Es [Ew [Ee Hz']]].
    assert (Same : forall a, (a < n)%nat -> v' a = v a).
    { apply Hone; [|exact Hz']. intros a Ha. rewrite Rminus_0_r, R1. specialize (Hin a Ha). specialize (Hrho a Ha).
      change (hd O (support B)) with (base_row P W) in Hin. unfold v', Rdiv. rewrite Rabs_mult, Rabs_inv, (Rabs_right (vector_of _ _ (radii W) a)) by lra.
      apply (Rmult_le_reg_r (vector_of (over P) (radii_unit W) (radii W) a)); [exact Hrho|]. rewrite Rmult_assoc, Rinv_l, Rmult_1_r, Rmult_1_l by lra. exact Hin. }
    assert (Hc : forall a, (a < n)%nat -> coordinate_value P W v' a = coordinate_value P W v a) by (intros a Ha; unfold coordinate_value; rewrite (Same a Ha); reflexivity).
    assert (Est : start P R0 d W v' = start P R0 d W v).
    { unfold start. cbv zeta. fold q r. apply map_ext_in. intros k Hk. apply map_ext_in. intros j Hj. apply in_seq in Hk. apply in_seq in Hj. apply Hc. unfold n. nia. }
    assert (Epl : place P W v' = place P W v).
    { apply functional_extensionality. intros k. apply sum_ext. intros l Hl. rewrite Hc by (fold r in Hl; unfold n; lia). reflexivity. }
    assert (Eep : epoch_value P R0 d b W v' = at_) by (unfold at_, epoch_value; rewrite Epl, Est; reflexivity).
    split; [rewrite Es; exact Est|]. split; [|intros i Hi; rewrite <- Epl; exact (Ew i Hi)].
    pose proof (wave_margins _ _ _ _ _ _ _ _ _ _ Hw _ (fit_base _ _ _ _ _ F)) as M.
    change (held_batches b (length (rows B)) (support B)) with (wave_batches P b W) in M. fold X in Ee. 
    change (wave_eta P W) with (real P (step_top W) / real P (step_bottom W)) in Ee. rewrite Ee, Eep in M. fold g in M.
    rewrite M. field. lra.
Qed.
