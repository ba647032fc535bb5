(** Certificates of one equilibrium in a box: the checker, for any game whose field is given by expressions.

    On the support the weights are unknowns v; H(v) = (sum c - 1, F_i - F_s for the rows i of the support but its
    first, s).  Krawczyk's test shows that H has one zero in the box; that other rows cost more all over the box shows
    that no equilibrium there gives them weight. *)

From Coq Require Import Reals Lra Lia Arith ZArith List Bool.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base MaxMargin Ema EpochMap Game Checkers Contraction Balls.
Import ListNotations.
Open Scope R_scope.

(** The numbers of such a certificate: rows/rows_unit, the center, the radius, the support, the direction and how near
    it is, and a matrix that is nearly the inverse of H' at the center, over 2^p. *)
Record boxed (P : precision) : Type := {
  rows_unit : carrier (over P);
  rows : list (list (carrier (over P)));
  center_unit : carrier (over P);
  center : list (carrier (over P));
  radius_top : carrier (over P);
  radius_bottom : carrier (over P);
  support : list nat;
  direction_unit : carrier (over P);
  direction : list (carrier (over P));
  near_top : carrier (over P);
  near_bottom : carrier (over P);
  inverse : list (list (carrier (over P))) }.
Arguments rows_unit {P} _.
Arguments rows {P} _.
Arguments center_unit {P} _.
Arguments center {P} _.
Arguments radius_top {P} _.
Arguments radius_bottom {P} _.
Arguments support {P} _.
Arguments direction_unit {P} _.
Arguments direction {P} _.
Arguments near_top {P} _.
Arguments near_bottom {P} _.
Arguments inverse {P} _.

(** What is claimed: an equilibrium c of positive cost in the box, with the center's support, whose direction is near to
    the one given; and every equilibrium in the box is c. *)
Definition one_equilibrium (N d : nat) (X : nat -> nat -> R) (U : (nat -> R) -> nat -> R) (m : nat -> R) (r : R)
    (way : nat -> R) (near : R) : Prop :=
  exists c lam,
    in_box N m (fun _ => r) c /\ 0 < lam /\ equilibrium N d X (U c) c lam /\
    (forall i, (i < N)%nat -> (0 < c i <-> m i <> 0)) /\
    l2 d (fun k => U c k / l2 d (U c) - way k) <= near /\
    forall e mu, in_box N m (fun _ => r) e -> equilibrium N d X (U e) e mu -> forall i, (i < N)%nat -> e i = c i.

(** ** The checker *)

Fixpoint position (i : nat) (l : list nat) : option nat :=
  match l with [] => None | a :: l => if Nat.eqb a i then Some O else option_map S (position i l) end.
Definition point (s : list nat) (v o : nat -> R) (i : nat) : R := match position i s with Some j => v j | None => o i end.

Definition ratio_ball (P : precision) (a b : carrier (over P)) : ball P := (quotient (round P) (mul P a (unit P)) b, one_in P).
Definition exactly_one (P : precision) : ball P := (unit P, zero (over P)).
Definition weight_at (P : precision) (B : boxed P) (i : nat) : carrier (over P) := nth i (center B) (zero (over P)).
Definition middle (P : precision) (B : boxed P) (i : nat) : ball P := ratio_ball P (weight_at P B i) (center_unit B).
Definition grown (P : precision) (B : boxed P) (i : nat) : ball P :=
  (fst (middle P B i),
   add P (one_in P) (add P (quotient (round P) (mul P (radius_top B) (unit P)) (radius_bottom B)) (one_in P))).

(** The weights as duals: at the center; on the support all over the box, with slopes, and 0 elsewhere; and all over the
    box without slopes. *)
Definition at_center (P : precision) (B : boxed P) : list (dual P) :=
  map (fun i => dual_constant P (middle P B i)) (seq 0 (length (rows B))).
Definition inside (P : precision) (B : boxed P) : list (dual P) :=
  map (fun i => match position i (support B) with
                | Some j => (grown P B i, repeat (nothing P) j ++ [exactly_one P])
                | None => dual_constant P (nothing P)
                end) (seq 0 (length (rows B))).
Definition everywhere (P : precision) (B : boxed P) : list (dual P) :=
  map (fun i => dual_constant P (grown P B i)) (seq 0 (length (rows B))).

Fixpoint all_some {A : Type} (l : list (option A)) : option (list A) :=
  match l with [] => Some [] | x :: l => on_both cons x (all_some l) end.
Definition images (P : precision) (env : list (dual P)) (fields : list (expression (over P))) : option (list (dual P)) :=
  all_some (map (evaluate P env) fields).

Fixpoint row_minus (P : precision) (a b : list (carrier (over P))) : list (carrier (over P)) :=
  match a, b with x :: a, y :: b => sub P x y :: row_minus P a b | _, _ => [] end.
Fixpoint weighted (P : precision) (s : carrier (over P)) (x : list (carrier (over P))) (U : list (dual P)) : dual P :=
  match x, U with
  | a :: x, D :: U => dual_add P (dual_mul P (dual_constant P (ratio_ball P a s)) D) (weighted P s x U)
  | _, _ => dual_constant P (nothing P)
  end.
Definition dual_total (P : precision) (l : list (dual P)) : dual P := fold_right (dual_add P) (dual_constant P (nothing P)) l.

Definition row (P : precision) (B : boxed P) (i : nat) : list (carrier (over P)) := nth i (rows B) [].
Definition gap (P : precision) (B : boxed P) (first i : nat) (U : list (dual P)) : dual P :=
  weighted P (rows_unit B) (row_minus P (row P B i) (row P B first)) U.
(** H, from the weights' duals and those of the field. *)
Definition heights (P : precision) (B : boxed P) (first : nat) (others : list nat) (env U : list (dual P)) : list (dual P) :=
  dual_add P (dual_total P env) (dual_constant P (ball_opposite P (exactly_one P)))
  :: map (fun i => gap P B first i U) others.

Fixpoint ball_sum (P : precision) (n : nat) (f : nat -> ball P) : ball P :=
  match n with O => nothing P | S m => ball_add P (ball_sum P m f) (f m) end.
Fixpoint carrier_sum (P : precision) (n : nat) (f : nat -> carrier (over P)) : carrier (over P) :=
  match n with O => zero (over P) | S m => add P (carrier_sum P m f) (f m) end.
Definition magnitude (P : precision) (b : ball P) : carrier (over P) := add P (size P (fst b)) (snd b).
Definition exceeds (P : precision) (a b : carrier (over P)) : bool := positive (over P) (sub P b a).

Definition Y_ball (P : precision) (B : boxed P) (i l : nat) : ball P := (nth l (nth i (inverse B) []) (zero (over P)), zero (over P)).
Definition height (P : precision) (H : list (dual P)) (a : nat) : dual P := nth a H (dual_constant P (nothing P)).
Definition defect (P : precision) (n i j : nat) (Y Z : nat -> nat -> ball P) : ball P :=
  ball_add P (if Nat.eqb i j then exactly_one P else nothing P)
             (ball_opposite P (ball_sum P n (fun l => ball_mul P (Y i l) (Z l j)))).
(** Krawczyk's test: |(Y H(m))_i| + r sum_j |(I - Y H')_ij| < r for all i; and that Y is regular: the middle of H' is
    nearly its inverse. *)
Definition one_zero (P : precision) (B : boxed P) (n : nat) (Hm Hs : list (dual P)) : bool :=
  let Y := Y_ball P B in
  let Z := fun l j => slope_at P (height P Hs l) j in
  let middle_of := fun l j => (fst (Z l j), zero (over P)) in
  forallb (fun i =>
    exceeds P
      (add P (mul P (carrier_sum P n (fun j => magnitude P (defect P n i j Y Z))) (radius_top B))
             (mul P (magnitude P (ball_sum P n (fun l => ball_mul P (Y i l) (fst (height P Hm l))))) (radius_bottom B)))
      (mul P (radius_top B) (unit P)) &&
    exceeds P (carrier_sum P n (fun j => magnitude P (defect P n i j middle_of Y))) (unit P)) (seq 0 n).

Definition surely_positive (P : precision) (b : ball P) : bool := exceeds P (snd b) (fst b).

(** The squared distance of U/||U|| to the direction. *)
Definition distance (P : precision) (B : boxed P) (d : nat) (U : list (dual P)) : option (ball P) :=
  let values := map (fun D => dual_constant P (fst D)) U in
  match then_ (dual_inverse P) (dual_root P (dual_total P (map (fun D => dual_mul P D D) values))) with
  | None => None
  | Some scale =>
      let gap_of := fun k => dual_add P (dual_mul P (nth k values (dual_constant P (nothing P))) scale)
                       (dual_constant P (ball_opposite P (ratio_ball P (nth k (direction B) (zero (over P))) (direction_unit B)))) in
      Some (ball_sum P d (fun k => fst (dual_mul P (gap_of k) (gap_of k))))
  end.
Definition near_enough (P : precision) (B : boxed P) (d : nat) (U : list (dual P)) : bool :=
  match distance P B d U with
  | None => false
  | Some b => at_most (over P) (mul P (add P (fst b) (snd b)) (mul P (near_bottom B) (near_bottom B)))
                      (mul P (mul P (near_top B) (near_top B)) (unit P))
  end.

Definition fits (P : precision) (B : boxed P) (d : nat) (fields : list (expression (over P))) : bool :=
  shaped (over P) d (rows_unit B) (rows B) && positive (over P) (center_unit B) && positive (over P) (radius_top B) &&
  positive (over P) (radius_bottom B) && positive (over P) (direction_unit B) && positive (over P) (near_top B) &&
  positive (over P) (near_bottom B) && Nat.eqb (length fields) d &&
  forallb (fun i => Nat.ltb i (length (rows B))) (support B) &&
  forallb (fun i => match position i (support B) with
                    | Some _ => exceeds P (mul P (radius_top B) (center_unit B)) (mul P (weight_at P B i) (radius_bottom B))
                    | None => vanishes (over P) (weight_at P B i)
                    end) (seq 0 (length (rows B))).

Definition check_box (P : precision) (d : nat) (B : boxed P) (fields : list (expression (over P))) : bool :=
  fits P B d fields &&
  match support B, images P (inside P B) fields, images P (at_center P B) fields, images P (everywhere P B) fields with
  | first :: others, Some Ui, Some Um, Some Ue =>
      one_zero P B (S (length others)) (heights P B first others (at_center P B) Um) (heights P B first others (inside P B) Ui) &&
      surely_positive P (fst (weighted P (rows_unit B) (row P B first) Ue)) &&
      forallb (fun i => match position i (support B) with
                        | Some _ => true
                        | None => surely_positive P (fst (gap P B first i Ue))
                        end) (seq 0 (length (rows B))) &&
      near_enough P B d Ui
  | _, _, _, _ => false
  end.

(** ** What its parts mean *)

Lemma holds_ratio_ball P a b : positive (over P) b = true -> holds P (ratio_ball P a b) (real P a / real P b).
Proof. intros H. apply holds_ratio. unfold ball_ratio. rewrite H. reflexivity. Qed.

Lemma holds_exactly_one P : holds P (exactly_one P) 1.
Proof.
  unfold holds, exactly_one. cbn [fst snd]. rewrite real_zero. replace (1 * _ - _) with 0 by ring. rewrite Rabs_R0. lra.
Qed.

(** The slopes of the variable j. *)
Lemma holds_unit_slopes P b j q : holds P (slope_at P (b, repeat (nothing P) j ++ [exactly_one P]) q) (unit_matrix j q).
Proof.
  unfold slope_at. cbn [snd]. unfold unit_matrix. destruct (Nat.eqb j q) eqn:Eq.
  - apply Nat.eqb_eq in Eq. subst q. rewrite app_nth2 by (rewrite repeat_length; lia).
    rewrite repeat_length, Nat.sub_diag. apply holds_exactly_one.
  - apply Nat.eqb_neq in Eq. destruct (le_lt_dec j q) as [Hle|Hlt].
    + rewrite nth_overflow by (rewrite length_app, repeat_length; simpl; lia). apply holds_nothing.
    + rewrite app_nth1 by (rewrite repeat_length; exact Hlt). rewrite nth_repeat. apply holds_nothing.
Qed.

Lemma position_some i : forall l j, position i l = Some j -> (j < length l)%nat /\ nth j l O = i.
Proof.
  induction l as [|a l IH]; intros j H; [discriminate|]. simpl in H. destruct (Nat.eqb a i) eqn:E.
  - injection H as <-. apply Nat.eqb_eq in E. split; [simpl; lia|exact E].
  - destruct (position i l) as [q|] eqn:Eq; [|discriminate]. injection H as <-. destruct (IH q eq_refl) as [L N].
    split; [simpl; lia|exact N].
Qed.

Lemma images_spec P env fields U : images P env fields = Some U ->
  length U = length fields /\
  forall k, (k < length fields)%nat ->
    evaluate P env (nth k fields (Ratio (zero (over P)) (zero (over P)))) = Some (height P U k).
Proof.
  unfold images. revert U. induction fields as [|f fields IH]; simpl; intros U H.
  - injection H as <-. split; [reflexivity|]. intros k Hk. lia.
  - destruct (evaluate P env f) as [D|] eqn:E; [|discriminate].
    destruct (all_some (map (evaluate P env) fields)) as [V|]; [|discriminate]. injection H as <-.
    destruct (IH V eq_refl) as [L N]. split; [simpl; lia|]. intros [|k] Hk; [exact E|]. apply N. lia.
Qed.

Lemma row_minus_entry P : forall a b k, length a = length b ->
  entry (over P) (row_minus P a b) k = entry (over P) a k - entry (over P) b k.
Proof.
  induction a as [|x a IH]; intros [|y b] k H; try discriminate.
  - simpl. rewrite entry_nil. ring.
  - destruct k as [|k]; [|simpl in H; apply (IH b k); lia].
    unfold entry. simpl. pose proof (real_sub P x y) as S. unfold real in S. exact S.
Qed.

Lemma row_minus_length P : forall a b, length a = length b -> length (row_minus P a b) = length a.
Proof. induction a as [|x a IH]; intros [|y b] H; try discriminate; simpl in *; auto. Qed.

Lemma encloses_weighted P n points s : positive (over P) s = true ->
  forall x U (f : nat -> (nat -> R) -> R), length x = length U ->
  (forall k, (k < length U)%nat -> encloses P n points (height P U k) (f k)) ->
  encloses P n points (weighted P s x U) (fun v => dot (length U) (vector_of (over P) s x) (fun k => f k v)).
Proof.
  intros Hs. induction x as [|a x IH]; intros [|D U] f Hl H; try discriminate.
  - exact (encloses_constant P n points (nothing P) 0 (holds_nothing P)).
  - assert (E : encloses P n points (weighted P s (a :: x) (D :: U))
                  (fun v => real P a / real P s * f O v + dot (length U) (vector_of (over P) s x) (fun k => f (S k) v))).
    { apply encloses_add.
      - apply (encloses_mul P n points _ D (fun _ => real P a / real P s) (f O));
          [apply encloses_constant, holds_ratio_ball, Hs|apply (H O); simpl; lia].
      - apply (IH U (fun k => f (S k))); [simpl in Hl; lia|]. intros k Hk. apply (H (S k)). simpl. lia. }
    destruct E as [E1 E2]. assert (Eq : forall v, dot (length (D :: U)) (vector_of (over P) s (a :: x)) (fun k => f k v)
       = real P a / real P s * f O v + dot (length U) (vector_of (over P) s x) (fun k => f (S k) v)).
    { intros v. unfold dot. simpl length. rewrite sum_first. reflexivity. }
    split; [intros v Hv; rewrite Eq; apply E1; exact Hv|]. intros v u Hv Hu. rewrite !Eq. apply E2; assumption.
Qed.

Lemma encloses_total P n points : forall l (f : nat -> (nat -> R) -> R),
  (forall i, (i < length l)%nat -> encloses P n points (height P l i) (f i)) ->
  encloses P n points (dual_total P l) (fun v => sum (length l) (fun i => f i v)).
Proof.
  induction l as [|D l IH]; intros f H; [exact (encloses_constant P n points (nothing P) 0 (holds_nothing P))|].
  assert (E : encloses P n points (dual_total P (D :: l)) (fun v => f O v + sum (length l) (fun i => f (S i) v))).
  { apply encloses_add; [apply (H O); simpl; lia|]. apply (IH (fun i => f (S i))). intros i Hi. apply (H (S i)). simpl. lia. }
  destruct E as [E1 E2].
  split; [intros v Hv; simpl length; rewrite sum_first; apply E1; exact Hv|].
  intros v u Hv Hu. simpl length. rewrite !sum_first. apply E2; assumption.
Qed.

Lemma holds_ball_sum P n f x : (forall l, (l < n)%nat -> holds P (f l) (x l)) -> holds P (ball_sum P n f) (sum n x).
Proof.
  induction n as [|n IH]; intros H; [apply holds_nothing|]. simpl. apply holds_add; [apply IH; intros; apply H; lia|apply H; lia].
Qed.

Lemma magnitude_spec P b x : holds P b x -> Rabs x * real P (unit P) <= real P (magnitude P b).
Proof.
  unfold holds, magnitude. rewrite real_add, real_size. intros H. pose proof (unit_positive P) as Hu.
  replace (Rabs x * real P (unit P)) with (Rabs (x * real P (unit P))) by (rewrite Rabs_mult, (Rabs_right (real P (unit P))); lra).
  replace (x * real P (unit P)) with (real P (fst b) + (x * real P (unit P) - real P (fst b))) by ring.
  eapply Rle_trans; [apply Rabs_triang|]. lra.
Qed.

Lemma real_carrier_sum P n f : real P (carrier_sum P n f) = sum n (fun j => real P (f j)).
Proof. induction n as [|n IH]; [apply real_zero|]. simpl. rewrite real_add, IH. reflexivity. Qed.

Lemma exceeds_spec P a b : exceeds P a b = true -> real P a < real P b.
Proof. intros H. apply real_positive in H. rewrite real_sub in H. lra. Qed.

Lemma surely_positive_spec P b x : surely_positive P b = true -> holds P b x -> 0 < x.
Proof.
  intros H Hx. apply exceeds_spec in H. apply abs_between in Hx. pose proof (unit_positive P).
  apply (Rmult_lt_reg_r (real P (unit P))); [assumption|]. lra.
Qed.

Lemma holds_defect P n i j Y Z y z :
  (forall a b, (a < n)%nat -> (b < n)%nat -> holds P (Y a b) (y a b)) ->
  (forall a b, (a < n)%nat -> (b < n)%nat -> holds P (Z a b) (z a b)) -> (i < n)%nat -> (j < n)%nat ->
  holds P (defect P n i j Y Z) (unit_matrix i j - sum n (fun l => y i l * z l j)).
Proof.
  intros Hy Hz Hi Hj. unfold defect, Rminus. apply holds_add.
  - unfold unit_matrix. destruct (Nat.eqb i j); [apply holds_exactly_one|apply holds_nothing].
  - apply holds_opposite, holds_ball_sum. intros l Hl. apply holds_mul; auto.
Qed.

(** One sequence of slopes for each of finitely many functions. *)
Lemma choice_below (n : nat) (Q : nat -> (nat -> R) -> Prop) :
  (forall a, (a < n)%nat -> exists s, Q a s) -> exists S, forall a, (a < n)%nat -> Q a (S a).
Proof.
  induction n as [|n IH]; intros H; [exists (fun _ _ => 0); intros a Ha; lia|].
  destruct IH as [S HS]; [intros a Ha; apply H; lia|]. destruct (H n ltac:(lia)) as [s Hs].
  exists (fun a => if Nat.eqb a n then s else S a). intros a Ha. destruct (Nat.eqb a n) eqn:E.
  - apply Nat.eqb_eq in E. subst. exact Hs.
  - apply Nat.eqb_neq in E. apply HS. lia.
Qed.

(** An expression reads no other variables than those that there are. *)
Lemma meaning_local P env c e f D :
  (forall i, (i < length env)%nat -> c i = e i) -> evaluate P env f = Some D ->
  meaning (over P) c f = meaning (over P) e f.
Proof.
  intros H. revert D. induction f as [a b|i|f IHf g IHg|f IHf g IHg|f IHf|f IHf]; simpl; intros D E.
  - reflexivity.
  - apply H. apply nth_error_Some. rewrite E. discriminate.
  - destruct (evaluate P env f); [|discriminate]. destruct (evaluate P env g); [|discriminate].
    rewrite (IHf _ eq_refl), (IHg _ eq_refl). reflexivity.
  - destruct (evaluate P env f); [|discriminate]. destruct (evaluate P env g); [|discriminate].
    rewrite (IHf _ eq_refl), (IHg _ eq_refl). reflexivity.
  - destruct (evaluate P env f); [|discriminate]. rewrite (IHf _ eq_refl). reflexivity.
  - destruct (evaluate P env f); [|discriminate]. rewrite (IHf _ eq_refl). reflexivity.
Qed.

Lemma nth_error_map_seq {A} (f : nat -> A) n i E : nth_error (map f (seq 0 n)) i = Some E -> (i < n)%nat /\ E = f i.
Proof.
  intros H. assert (Hi : (i < n)%nat).
  { assert (L : (i < length (map f (seq 0 n)))%nat) by (apply nth_error_Some; rewrite H; discriminate).
    rewrite length_map, length_seq in L. exact L. }
  split; [exact Hi|]. apply (nth_error_nth _ _ E) in H. rewrite <- H. rewrite (nth_indep _ E (f O)) by (rewrite length_map, length_seq; exact Hi).
  rewrite map_nth, seq_nth by exact Hi. reflexivity.
Qed.

(** ** Soundness *)

Lemma fits_spec P B d fields : fits P B d fields = true ->
  positive (over P) (rows_unit B) = true /\ (forall i, (i < length (rows B))%nat -> length (row P B i) = d) /\
  positive (over P) (center_unit B) = true /\ 0 < real P (radius_top B) /\ 0 < real P (radius_bottom B) /\
  positive (over P) (direction_unit B) = true /\ 0 < real P (near_top B) /\ 0 < real P (near_bottom B) /\
  length fields = d /\ (forall j, (j < length (support B))%nat -> (nth j (support B) O < length (rows B))%nat) /\
  (forall i j, (i < length (rows B))%nat -> position i (support B) = Some j ->
     real P (radius_top B) / real P (radius_bottom B) < real P (weight_at P B i) / real P (center_unit B)) /\
  (forall i, (i < length (rows B))%nat -> position i (support B) = None -> real P (weight_at P B i) = 0).
Proof.
  unfold fits. intros H. repeat rewrite andb_true_iff in H.
  destruct H as [[[[[[[[[H1 H2] H3] H4] H5] H6] H7] H8] H9] H10].
  destruct (shaped_spec _ _ _ _ H1) as [_ [_ Hl]]. unfold shaped in H1. apply andb_true_iff in H1. destruct H1 as [H1 _].
  pose proof (real_positive P _ H2) as T. pose proof (real_positive P _ H3) as Rt. pose proof (real_positive P _ H4) as Rb.
  pose proof (real_positive P _ H6) as Nt. pose proof (real_positive P _ H7) as Nb.
  repeat (split; [first [assumption|exact Hl]|]). split; [apply Nat.eqb_eq; exact H8|].
  split; [intros j Hj; apply Nat.ltb_lt, (forallb_nth _ _ _ O H9 Hj)|].
  rewrite forallb_forall in H10. split.
  - intros i j Hi Hp. specialize (H10 i (proj2 (in_seq (length (rows B)) 0 i) ltac:(lia))). cbv beta in H10. rewrite Hp in H10.
    apply exceeds_spec in H10. rewrite !real_mul in H10.
    apply (Rmult_lt_reg_r (real P (radius_bottom B) * real P (center_unit B))); [apply Rmult_lt_0_compat; assumption|].
    replace (real P (radius_top B) / real P (radius_bottom B) * (real P (radius_bottom B) * real P (center_unit B)))
      with (real P (radius_top B) * real P (center_unit B)) by (field; lra).
    replace (real P (weight_at P B i) / real P (center_unit B) * (real P (radius_bottom B) * real P (center_unit B)))
      with (real P (weight_at P B i) * real P (radius_bottom B)) by (field; lra). exact H10.
  - intros i Hi Hp. specialize (H10 i (proj2 (in_seq (length (rows B)) 0 i) ltac:(lia))). cbv beta in H10. rewrite Hp in H10.
    apply real_vanishes. exact H10.
Qed.

(** The radius, and what the grown balls hold. *)
Definition radius (P : precision) (B : boxed P) : R := real P (radius_top B) / real P (radius_bottom B).

Lemma holds_grown P B i x : positive (over P) (center_unit B) = true -> 0 < real P (radius_bottom B) ->
  Rabs (x - vector_of (over P) (center_unit B) (center B) i) <= radius P B -> holds P (grown P B i) x.
Proof.
  intros Ht Hb Hx. pose proof (holds_ratio_ball P (weight_at P B i) (center_unit B) Ht) as Hm.
  pose proof (real_quotient P (mul P (radius_top B) (unit P)) (radius_bottom B) Hb) as Q. rewrite real_mul in Q.
  unfold holds, ratio_ball in Hm. cbn [fst snd] in Hm. rewrite real_one in Hm.
  unfold holds, grown, middle, ratio_ball. cbn [fst snd]. rewrite !real_add, real_one.
  change (vector_of (over P) (center_unit B) (center B) i) with (real P (weight_at P B i) / real P (center_unit B)) in Hx.
  set (c := real P (weight_at P B i) / real P (center_unit B)) in *. pose proof (unit_positive P) as Hu.
  set (m := real P (quotient _ _ _)) in Hm |- *. set (u := real P (unit P)) in *.
  replace (x * u - m) with ((x - c) * u + (c * u - m)) by ring.
  eapply Rle_trans; [apply Rabs_triang|]. rewrite (Rabs_mult (x - c)), (Rabs_right u) by lra.
  assert (Rabs (x - c) * u <= radius P B * u) by (apply Rmult_le_compat_r; lra).
  assert (radius P B * u = real P (radius_top B) * u / real P (radius_bottom B)) by (unfold radius; field; lra). lra.
Qed.

Lemma encloses_values P n points env c (U : list (dual P)) fields :
  (forall i E, nth_error env i = Some E -> encloses P n points E (fun v => c v i)) ->
  images P env fields = Some U ->
  forall k, (k < length U)%nat ->
    encloses P n points (height P U k) (fun v => meaning (over P) (c v) (nth k fields (Ratio (zero (over P)) (zero (over P))))).
Proof.
  intros Henv HU k Hk. destruct (images_spec P env fields U HU) as [L N]. rewrite L in Hk.
  exact (evaluate_sound P n points env c _ _ Henv (N k Hk)).
Qed.

Lemma encloses_gap P n points B first i U (f : nat -> (nat -> R) -> R) d :
  positive (over P) (rows_unit B) = true -> length (row P B i) = d -> length (row P B first) = d -> length U = d ->
  (forall k, (k < d)%nat -> encloses P n points (height P U k) (f k)) ->
  encloses P n points (gap P B first i U)
    (fun v => dot d (matrix_of (over P) (rows_unit B) (rows B) i) (fun k => f k v)
              - dot d (matrix_of (over P) (rows_unit B) (rows B) first) (fun k => f k v)).
Proof.
  intros Hs Hi H1 HU Hf. subst d.
  assert (Hl : length (row P B i) = length (row P B first)) by congruence.
  assert (E := encloses_weighted P n points (rows_unit B) Hs (row_minus P (row P B i) (row P B first)) U f
                 ltac:(rewrite row_minus_length; [congruence|exact Hl]) ltac:(rewrite HU; exact Hf)).
  rewrite HU in E.
  assert (Eq : forall v, dot (length (row P B i)) (vector_of (over P) (rows_unit B) (row_minus P (row P B i) (row P B first))) (fun k => f k v)
      = dot (length (row P B i)) (matrix_of (over P) (rows_unit B) (rows B) i) (fun k => f k v)
        - dot (length (row P B i)) (matrix_of (over P) (rows_unit B) (rows B) first) (fun k => f k v)).
  { intros v. rewrite <- dot_minus_l. apply dot_ext_l. intros k _. unfold vector_of at 1.
    rewrite (row_minus_entry P _ _ k Hl). unfold matrix_of, vector_of, row, Rdiv. ring. }
  destruct E as [E1 E2]. split; [intros v Hv; rewrite <- Eq; apply E1; exact Hv|].
  intros v u Hv Hu. rewrite <- !Eq. apply E2; assumption.
Qed.

(** H as a function of the unknowns v on the support. *)
Definition equations (N d : nat) (X : nat -> nat -> R) (U : (nat -> R) -> nat -> R) (s : list nat) (v : nat -> R) (a : nat) : R :=
  let c := point s v (fun _ => 0) in
  match a with
  | O => sum N c - 1
  | S b => dot d (X (nth b (tl s) O)) (U c) - dot d (X (hd O s)) (U c)
  end.

Lemma encloses_heights P n points B d first others env U c (F : (nat -> R) -> nat -> R) :
  positive (over P) (rows_unit B) = true -> (forall i, (i < length (rows B))%nat -> length (row P B i) = d) ->
  (forall j, (j < length (first :: others))%nat -> (nth j (first :: others) O < length (rows B))%nat) ->
  length env = length (rows B) -> length U = d ->
  (forall i, (i < length env)%nat -> encloses P n points (height P env i) (fun v => c v i)) ->
  (forall k, (k < d)%nat -> encloses P n points (height P U k) (fun v => F (c v) k)) ->
  forall a, (a < S (length others))%nat ->
    encloses P n points (height P (heights P B first others env U) a)
      (fun v => match a with
                | O => sum (length (rows B)) (c v) - 1
                | S b => dot d (matrix_of (over P) (rows_unit B) (rows B) (nth b others O)) (F (c v))
                         - dot d (matrix_of (over P) (rows_unit B) (rows B) first) (F (c v))
                end).
Proof.
  intros Hs Hl Hsup He HU Henv Hf [|b] Ha.
  - apply (encloses_add P n points _ _ (fun v => sum (length (rows B)) (c v)) (fun _ => - (1))).
    + rewrite <- He. apply encloses_total. exact Henv.
    + apply encloses_constant, holds_opposite, holds_exactly_one.
  - unfold heights, height at 1. simpl nth.
    rewrite (nth_indep _ _ (gap P B first O U)) by (rewrite length_map; lia).
    rewrite (map_nth (fun i => gap P B first i U)).
    apply (encloses_gap P n points B first _ U (fun k v => F (c v) k) d Hs);
      [apply Hl, (Hsup (S b)); simpl; lia|apply Hl, (Hsup O); simpl; lia|exact HU|exact Hf].
Qed.

Lemma one_zero_spec P B n Hm Hs (m : nat -> R) (H : (nat -> R) -> nat -> R) :
  0 < real P (radius_top B) -> 0 < real P (radius_bottom B) ->
  one_zero P B n Hm Hs = true ->
  (forall a, (a < n)%nat -> holds P (fst (height P Hm a)) (H m a)) ->
  (forall a, (a < n)%nat -> encloses P n (in_box n m (fun _ => radius P B)) (height P Hs a) (fun v => H v a)) ->
  exists v, in_box n m (fun _ => radius P B) v /\ (forall i, (i < n)%nat -> H v i = 0) /\
    forall u, in_box n m (fun _ => radius P B) u -> (forall i, (i < n)%nat -> H u i = 0) -> forall j, (j < n)%nat -> u j = v j.
Proof.
  intros Ht Hb Hcheck Hmid Hin. unfold one_zero in Hcheck. cbv zeta in Hcheck. rewrite forallb_forall in Hcheck.
  pose proof (unit_positive P) as Hu. set (u0 := real P (unit P)) in *.
  set (Y := fun i l => real P (nth l (nth i (inverse B) []) (zero (over P))) / u0).
  assert (HY : forall i l, holds P (Y_ball P B i l) (Y i l)).
  { intros i l. unfold holds, Y_ball, Y. cbn [fst snd]. fold u0. rewrite real_zero.
    replace (real P (nth l (nth i (inverse B) []) (zero (over P))) / u0 * u0 - _) with 0 by (field; lra). rewrite Rabs_R0. lra. }
  set (Z := fun l j => slope_at P (height P Hs l) j) in *.
  set (set := fun S : nat -> nat -> R => forall a j, (a < n)%nat -> (j < n)%nat -> holds P (Z a j) (S a j)).
  set (spread := fun i => real P (carrier_sum P n (fun j => magnitude P (defect P n i j (Y_ball P B) Z))) / u0 * radius P B).
  assert (Hr : 0 < radius P B) by (apply Rdiv_lt_0_compat; assumption).
  apply (one_zero_in_a_box n H m (fun _ => radius P B) Y set spread).
  - intros j _. exact Hr.
  - intros v u Hv Huu.
    destruct (choice_below n (fun a s => (forall j, holds P (Z a j) (s j)) /\ H v a - H u a = sum n (fun j => s j * (v j - u j)))) as [S HS].
    { intros a Ha. destruct (Hin a Ha) as [_ Sl]. exact (Sl v u Hv Huu). }
    exists S. split; [intros a j Ha Hj; apply (HS a Ha)|]. intros i Hi. apply (HS i Hi).
  - apply (regular_by_inverse n Y (fun l j => real P (fst (Z l j)) / u0)). intros i Hi.
    specialize (Hcheck i (proj2 (in_seq n 0 i) ltac:(lia))). apply andb_true_iff in Hcheck. destruct Hcheck as [_ Hcheck].
    apply exceeds_spec in Hcheck. rewrite real_carrier_sum in Hcheck. fold u0 in Hcheck.
    apply (Rmult_lt_reg_r u0); [exact Hu|]. rewrite Rmult_1_l, <- sum_scal_r. eapply Rle_lt_trans; [|exact Hcheck].
    apply sum_le. intros j Hj. apply (magnitude_spec P).
    apply (holds_defect P n i j (fun l j => (fst (Z l j), zero (over P))) (Y_ball P B) (fun l j => real P (fst (Z l j)) / u0) Y);
      try assumption; [|intros; apply HY].
    intros a b _ _. unfold holds. cbn [fst snd]. fold u0. rewrite real_zero.
    replace (real P (fst (Z a b)) / u0 * u0 - _) with 0 by (field; lra). rewrite Rabs_R0. lra.
  - intros S i HS Hi. unfold spread. rewrite sum_scal_r. apply Rmult_le_compat_r; [lra|].
    apply (Rmult_le_reg_r u0); [exact Hu|]. replace (_ / u0 * u0) with
      (real P (carrier_sum P n (fun j => magnitude P (defect P n i j (Y_ball P B) Z)))) by (field; lra).
    rewrite real_carrier_sum, <- sum_scal_r. apply sum_le. intros j Hj. apply (magnitude_spec P).
    apply (holds_defect P n i j (Y_ball P B) Z Y S); try assumption. intros; apply HY.
  - intros i Hi. specialize (Hcheck i (proj2 (in_seq n 0 i) ltac:(lia))). apply andb_true_iff in Hcheck.
    destruct Hcheck as [Hcheck _]. apply exceeds_spec in Hcheck. rewrite real_add, !real_mul in Hcheck. fold u0 in Hcheck.
    unfold spread. set (A := real P (carrier_sum P n _)) in *.
    assert (M : Rabs (sum n (fun l => Y i l * H m l)) * u0
                <= real P (magnitude P (ball_sum P n (fun l => ball_mul P (Y_ball P B i l) (fst (height P Hm l)))))).
    { apply (magnitude_spec P). apply holds_ball_sum. intros l Hl. apply holds_mul; [apply HY|apply Hmid; exact Hl]. }
    set (C := real P (magnitude P (ball_sum _ _ _))) in *. set (x := Rabs (sum n (fun l => Y i l * H m l))) in *.
    unfold radius. set (a := real P (radius_top B)) in *. set (b := real P (radius_bottom B)) in *.
    apply (Rmult_lt_reg_r (u0 * b)); [apply Rmult_lt_0_compat; assumption|].
    replace ((x + A / u0 * (a / b)) * (u0 * b)) with (x * u0 * b + A * a) by (field; lra).
    replace (a / b * (u0 * b)) with (a * u0) by (field; lra).
    assert (x * u0 * b <= C * b) by (apply Rmult_le_compat_r; lra). lra.
Qed.

Lemma nth_map_below {A B} (f : A -> B) l k a b : (k < length l)%nat -> nth k (map f l) b = f (nth k l a).
Proof. intros Hk. rewrite (nth_indep _ b (f a)) by (rewrite length_map; exact Hk). apply map_nth. Qed.

Lemma nth_map_seq {A} (f : nat -> A) n i a : (i < n)%nat -> nth i (map f (seq 0 n)) a = f i.
Proof.
  intros Hi. rewrite (nth_indep _ a (f O)) by (rewrite length_map, length_seq; exact Hi).
  rewrite map_nth, seq_nth by exact Hi. reflexivity.
Qed.

Lemma near_enough_spec P B d Ud (u : nat -> R) :
  positive (over P) (direction_unit B) = true -> 0 < real P (near_top B) -> 0 < real P (near_bottom B) -> length Ud = d ->
  (forall k, (k < d)%nat -> holds P (fst (height P Ud k)) (u k)) -> near_enough P B d Ud = true ->
  l2 d (fun k => u k / l2 d u - vector_of (over P) (direction_unit B) (direction B) k) <= real P (near_top B) / real P (near_bottom B).
Proof.
  intros Hw Ht Hb HU Hu H. unfold near_enough in H.
  destruct (distance P B d Ud) as [b|] eqn:E; [|discriminate].
  unfold distance in E. set (values := map (fun D => dual_constant P (fst D)) Ud) in *.
  assert (Hv : forall k, (k < d)%nat -> encloses P O (fun _ => True) (height P values k) (fun _ => u k)).
  { intros k Hk. unfold height, values.
    rewrite (nth_map_below _ Ud k (dual_constant P (nothing P))) by (rewrite HU; exact Hk). apply encloses_constant. exact (Hu k Hk). }
  assert (Lv : length values = d) by (unfold values; rewrite length_map; exact HU).
  assert (Hsq : encloses P O (fun _ => True) (dual_total P (map (fun D => dual_mul P D D) values)) (fun _ => dot d u u)).
  { unfold dot. pose proof (encloses_total P O (fun _ => True) (map (fun D => dual_mul P D D) values) (fun k _ => u k * u k)) as T.
    rewrite length_map, Lv in T. apply T. intros k Hk. unfold height.
    rewrite (nth_map_below _ values k (dual_constant P (nothing P))) by (rewrite Lv; exact Hk).
    apply (encloses_mul P O (fun _ => True) _ _ (fun _ => u k) (fun _ => u k)); apply Hv; exact Hk. }
  destruct (dual_root P _) as [root|] eqn:Er; [|discriminate]. simpl in E.
  pose proof (encloses_root P O (fun _ => True) _ root (fun _ => dot d u u) Er Hsq) as Hroot.
  destruct (dual_inverse P root) as [scale|] eqn:Ei; [|discriminate]. injection E as <-.
  pose proof (encloses_inverse P O (fun _ => True) _ scale (fun _ => sqrt (dot d u u)) Ei Hroot) as Hscale.
  set (way := vector_of (over P) (direction_unit B) (direction B)). set (x := fun k => u k / l2 d u - way k).
  assert (Hx : holds P (ball_sum P d (fun k => fst (dual_mul P
      (dual_add P (dual_mul P (nth k values (dual_constant P (nothing P))) scale)
         (dual_constant P (ball_opposite P (ratio_ball P (nth k (direction B) (zero (over P))) (direction_unit B)))))
      (dual_add P (dual_mul P (nth k values (dual_constant P (nothing P))) scale)
         (dual_constant P (ball_opposite P (ratio_ball P (nth k (direction B) (zero (over P))) (direction_unit B))))))))
      (sum d (fun k => x k * x k))).
  { apply holds_ball_sum. intros k Hk.
    assert (G : encloses P O (fun _ => True) (dual_add P (dual_mul P (nth k values (dual_constant P (nothing P))) scale)
         (dual_constant P (ball_opposite P (ratio_ball P (nth k (direction B) (zero (over P))) (direction_unit B))))) (fun _ => x k)).
    { apply (encloses_add P O (fun _ => True) _ _ (fun _ => u k / l2 d u) (fun _ => - way k)).
      - apply (encloses_mul P O (fun _ => True) _ _ (fun _ => u k) (fun _ => / l2 d u)); [apply Hv; exact Hk|exact Hscale].
      - apply encloses_constant, holds_opposite. apply holds_ratio_ball. exact Hw. }
    destruct G as [G _]. apply holds_mul; apply (G (fun _ => 0)); exact I. }
  apply real_at_most in H. rewrite !real_mul, real_add in H. set (e := ball_sum P d _) in *. unfold holds in Hx.
  apply abs_between in Hx. pose proof (unit_positive P) as Hu0. set (u0 := real P (unit P)) in *.
  set (p := real P (near_top B)) in *. set (q := real P (near_bottom B)) in *. set (S := sum d (fun k => x k * x k)) in *.
  change (l2 d x <= p / q). unfold l2, dot. fold S.
  assert (Hpq : 0 < p / q) by (apply Rdiv_lt_0_compat; assumption).
  rewrite <- (sqrt_square (p / q)) by lra. apply sqrt_le_1_alt.
  assert (Hq : 0 < q * q) by nra.
  apply (Rmult_le_reg_r (u0 * (q * q))); [apply Rmult_lt_0_compat; assumption|].
  replace (p / q * (p / q) * (u0 * (q * q))) with (p * p * u0) by (field; lra).
  apply Rle_trans with ((real P (fst e) + real P (snd e)) * (q * q)); [|exact H].
  rewrite <- Rmult_assoc. apply Rmult_le_compat_r; lra.
Qed.

(** Claims: none.
    Certificates of one equilibrium, for any field $U$ that expressions of sums, products, inverses and square roots
    tell: if the checker says true, there is one equilibrium of positive cost in the box, with the center's support and
    its direction as near as is claimed, and every equilibrium in the box is that one. *)
Theorem check_box_sound :
  forall P d B fields U,
    (forall c k, (k < d)%nat -> U c k = meaning (over P) c (nth k fields (Ratio (zero (over P)) (zero (over P))))) ->
    check_box P d B fields = true ->
    one_equilibrium (length (rows B)) d (matrix_of (over P) (rows_unit B) (rows B)) U
      (vector_of (over P) (center_unit B) (center B)) (radius P B)
      (vector_of (over P) (direction_unit B) (direction B)) (real P (near_top B) / real P (near_bottom B)).
Proof.
  intros P d B fields U HU H. unfold check_box in H. apply andb_true_iff in H. destruct H as [Hfit H].
  destruct (fits_spec P B d fields Hfit) as [Hs [Hl [Ht [Hrt [Hrb [Hw [Hnt [Hnb [Hfields [Hsup [Hon Hoff]]]]]]]]]]].
  destruct (support B) as [|first others] eqn:Esup; [discriminate|].
  destruct (images P (inside P B) fields) as [Ui|] eqn:Ei; [|discriminate].
  destruct (images P (at_center P B) fields) as [Um|] eqn:Em; [|discriminate].
  destruct (images P (everywhere P B) fields) as [Ue|] eqn:Ee; [|discriminate].
  repeat rewrite andb_true_iff in H. destruct H as [[[Hzero Hbase] Hslack] Hnear].
  set (N := length (rows B)) in *. set (X := matrix_of (over P) (rows_unit B) (rows B)) in *.
  set (ctr := vector_of (over P) (center_unit B) (center B)). set (r := radius P B).
  set (s := first :: others) in *. set (n := S (length others)).
  assert (Hr : 0 < r) by (apply Rdiv_lt_0_compat; assumption).
  destruct (images_spec P _ _ _ Ei) as [Li _]. destruct (images_spec P _ _ _ Em) as [Lm _]. destruct (images_spec P _ _ _ Ee) as [Le _].
  set (m := fun j => ctr (nth j s O)).
  assert (Hpos : forall i, (i < N)%nat -> forall j, position i s = Some j -> r < ctr i).
  { intros i Hi j Hj. exact (Hon i j Hi Hj). }
  assert (Hzero_off : forall i, (i < N)%nat -> position i s = None -> ctr i = 0).
  { intros i Hi Hj. specialize (Hoff i Hi Hj). unfold ctr, vector_of, entry.
    change (real P (weight_at P B i) / real P (center_unit B) = 0). rewrite Hoff. unfold Rdiv. ring. }
  (* The three lists of weights. *)
  assert (Ecenter : forall k pts c, (forall i, (i < N)%nat -> c i = ctr i) -> forall i, (i < N)%nat ->
            encloses P k pts (height P (at_center P B) i) (fun _ => c i)).
  { intros k pts c Hc i Hi. unfold height, at_center. fold N. rewrite nth_map_seq by exact Hi.
    apply encloses_constant. rewrite (Hc i Hi). apply holds_ratio_ball. exact Ht. }
  assert (Eevery : forall k pts c, in_box N ctr (fun _ => r) c -> forall i, (i < N)%nat ->
            encloses P k pts (height P (everywhere P B) i) (fun _ => c i)).
  { intros k pts c Hc i Hi. unfold height, everywhere. fold N. rewrite nth_map_seq by exact Hi.
    apply encloses_constant. apply holds_grown; try assumption. exact (Hc i Hi). }
  assert (Einside : forall i, (i < N)%nat ->
            encloses P n (in_box n m (fun _ => r)) (height P (inside P B) i) (fun v => point s v (fun _ => 0) i)).
  { intros i Hi. unfold height, inside. fold N. rewrite nth_map_seq by exact Hi. rewrite Esup. fold s. unfold point.
    destruct (position i s) as [j|] eqn:Ej; [|apply encloses_constant, holds_nothing].
    destruct (position_some i s j Ej) as [Hj Hji]. split.
    - intros v Hv. apply holds_grown; try assumption. specialize (Hv j Hj). unfold m in Hv. rewrite Hji in Hv. exact Hv.
    - intros v u _ _. exists (unit_matrix j). split.
      + intros q. apply holds_unit_slopes.
      + rewrite sum_unit by exact Hj. reflexivity. }
  assert (Henv : forall l k pts (c : (nat -> R) -> nat -> R), length l = N ->
            (forall i, (i < N)%nat -> encloses P k pts (height P l i) (fun v => c v i)) ->
            forall i E, nth_error l i = Some E -> encloses P k pts E (fun v => c v i)).
  { intros l k pts c Hlen Hc i E HE. assert (Hi : (i < N)%nat) by (rewrite <- Hlen; apply nth_error_Some; rewrite HE; discriminate).
    specialize (Hc i Hi). unfold height in Hc. rewrite (nth_error_nth _ _ _ HE) in Hc. exact Hc. }
  assert (Lcenter : length (at_center P B) = N) by (unfold at_center; rewrite length_map, length_seq; reflexivity).
  assert (Lin : length (inside P B) = N) by (unfold inside; rewrite length_map, length_seq; reflexivity).
  assert (Lev : length (everywhere P B) = N) by (unfold everywhere; rewrite length_map, length_seq; reflexivity).
  (* The field over each of them. *)
  assert (Field : forall l V k pts c, length l = N -> images P l fields = Some V ->
            (forall i, (i < N)%nat -> encloses P k pts (height P l i) (fun v => c v i)) ->
            forall q, (q < d)%nat -> encloses P k pts (height P V q) (fun v => U (c v) q)).
  { intros l V k pts c Hlen HV Hc q Hq. destruct (images_spec P _ _ _ HV) as [LV _].
    pose proof (encloses_values P k pts l c V fields (Henv l k pts c Hlen Hc) HV q ltac:(lia)) as [F1 F2].
    split; [intros v Hv; rewrite (HU _ q Hq); apply F1; exact Hv|]. intros v u Hv Hu. rewrite !(HU _ q Hq). apply F2; assumption. }
  assert (Ext : forall c e, (forall i, (i < N)%nat -> c i = e i) -> forall k, (k < d)%nat -> U c k = U e k).
  { intros c e Hce k Hk. rewrite !(HU _ k Hk). destruct (images_spec P _ _ _ Em) as [_ Nm].
    apply (meaning_local P (at_center P B) c e _ _ ltac:(rewrite Lcenter; exact Hce) (Nm k ltac:(lia))). }
  (* Costs all over the box. *)
  assert (Wide : forall c, in_box N ctr (fun _ => r) c ->
            0 < dot d (X first) (U c) /\
            (forall i, (i < N)%nat -> position i s = None -> dot d (X first) (U c) < dot d (X i) (U c))).
  { intros c Hc.
    pose proof (Field (everywhere P B) Ue O (fun _ => True) (fun _ => c) Lev Ee (Eevery O (fun _ => True) c Hc)) as F.
    assert (Hfirst : (first < N)%nat) by (apply (Hsup O); unfold s; simpl; lia).
    split.
    - pose proof (encloses_weighted P O (fun _ => True) (rows_unit B) Hs (row P B first) Ue (fun k _ => U c k)
                    ltac:(rewrite (Hl first Hfirst); lia) ltac:(rewrite Le, Hfields; exact F)) as [W _].
      specialize (W (fun _ => 0) I). rewrite Le, Hfields in W. exact (surely_positive_spec P _ _ Hbase W).
    - intros i Hi Hnone. rewrite forallb_forall in Hslack. specialize (Hslack i (proj2 (in_seq N 0 i) ltac:(lia))).
      cbv beta in Hslack. rewrite Hnone in Hslack.
      pose proof (encloses_gap P O (fun _ => True) B first i Ue (fun k _ => U c k) d Hs (Hl i Hi) (Hl first Hfirst) ltac:(lia) F) as [W _].
      specialize (W (fun _ => 0) I). pose proof (surely_positive_spec P _ _ Hslack W) as More.
      assert (Less : forall a b, 0 < b - a -> a < b) by (intros; lra). exact (Less _ _ More). }
  (* H has one zero in the box. *)
  set (Heq := equations N d X U s).
  destruct (one_zero_spec P B n (heights P B first others (at_center P B) Um) (heights P B first others (inside P B) Ui) m Heq
              Hrt Hrb Hzero) as [v [Hv [Hz Hone]]].
  { intros a Ha. set (c0 := point s m (fun _ => 0)).
    assert (Hc0 : forall i, (i < N)%nat -> c0 i = ctr i).
    { intros i Hi. unfold c0, point. destruct (position i s) as [j|] eqn:Ej.
      - destruct (position_some i s j Ej) as [_ E]. unfold m. rewrite E. reflexivity.
      - symmetry. apply Hzero_off; assumption. }
    pose proof (encloses_heights P O (fun _ => True) B d first others (at_center P B) Um (fun _ => c0) U Hs Hl Hsup Lcenter ltac:(lia)
                  ltac:(rewrite Lcenter; exact (Ecenter O (fun _ => True) c0 Hc0))
                  (Field (at_center P B) Um O (fun _ => True) (fun _ => c0) Lcenter Em (Ecenter O (fun _ => True) c0 Hc0)) a Ha) as [W _].
    specialize (W (fun _ => 0) I). unfold Heq, equations. destruct a; exact W. }
  { intros a Ha.
    pose proof (encloses_heights P n (in_box n m (fun _ => r)) B d first others (inside P B) Ui (fun v => point s v (fun _ => 0)) U Hs Hl Hsup Lin ltac:(lia)
                  ltac:(rewrite Lin; exact Einside)
                  (Field (inside P B) Ui n _ (fun v => point s v (fun _ => 0)) Lin Ei Einside) a Ha) as W.
    unfold Heq, equations. destruct a; exact W. }
  set (c := point s v (fun _ => 0)).
  assert (Hin : in_box N ctr (fun _ => r) c).
  { intros i Hi. unfold c, point. destruct (position i s) as [j|] eqn:Ej.
    - destruct (position_some i s j Ej) as [Hj E]. specialize (Hv j Hj). unfold m in Hv. rewrite E in Hv. exact Hv.
    - rewrite (Hzero_off i Hi Ej), Rminus_0_r, Rabs_R0. lra. }
  assert (Hcpos : forall i j, (i < N)%nat -> position i s = Some j -> 0 < c i).
  { intros i j Hi Hj. specialize (Hin i Hi). apply abs_between in Hin. specialize (Hpos i Hi j Hj). lra. }
  assert (Hcoff : forall i, position i s = None -> c i = 0) by (intros i E; unfold c, point; rewrite E; reflexivity).
  destruct (Wide c Hin) as [W1 W2].
  assert (W3 : l2 d (fun k => U c k / l2 d (U c) - vector_of (over P) (direction_unit B) (direction B) k)
               <= real P (near_top B) / real P (near_bottom B)).
  { apply (near_enough_spec P B d Ui (U c) Hw Hnt Hnb ltac:(lia)); [|exact Hnear]. intros k Hk.
    destruct (Field (inside P B) Ui n _ (fun v => point s v (fun _ => 0)) Lin Ei Einside k Hk) as [F1 _]. exact (F1 v Hv). }
  assert (Hequal : forall i j, (i < N)%nat -> position i s = Some j -> dot d (X i) (U c) = dot d (X first) (U c)).
  { intros i j Hi Hj. destruct (position_some i s j Hj) as [Lj E]. destruct j as [|b].
    - simpl in E. rewrite E. reflexivity.
    - specialize (Hz (S b) Lj). unfold Heq, equations in Hz. fold c in Hz. simpl in E. unfold s in Hz. cbn [tl hd] in Hz. rewrite E in Hz. lra. }
  exists c, (dot d (X first) (U c)). split; [exact Hin|]. split; [exact W1|]. split; [|split; [|split; [exact W3|]]].
  - split.
    + split.
      * intros i Hi. destruct (position i s) as [j|] eqn:Ej; [left; exact (Hcpos i j Hi Ej)|rewrite (Hcoff i Ej); lra].
      * specialize (Hz O ltac:(unfold n; lia)). unfold Heq, equations in Hz. fold c in Hz. lra.
    + intros i Hi Hp. destruct (position i s) as [j|] eqn:Ej; [exact (Hequal i j Hi Ej)|]. rewrite (Hcoff i Ej) in Hp. lra.
    + intros i Hi. destruct (position i s) as [j|] eqn:Ej; [right; symmetry; exact (Hequal i j Hi Ej)|left; exact (W2 i Hi Ej)].
  - intros i Hi. destruct (position i s) as [j|] eqn:Ej.
    + specialize (Hpos i Hi j Ej). split; [lra|intros _; exact (Hcpos i j Hi Ej)].
    + rewrite (Hcoff i Ej), (Hzero_off i Hi Ej). split; [lra|intros []; reflexivity].
  - intros e mu He [[He0 He1] Hesup Heleast] i Hi. destruct (Wide e He) as [V1 V2].
    assert (Hfirst : (first < N)%nat) by (apply (Hsup O); unfold s; simpl; lia).
    assert (Hpf : position first s = Some O) by (unfold s; simpl; rewrite Nat.eqb_refl; reflexivity).
    assert (Hepos : forall i j, (i < N)%nat -> position i s = Some j -> 0 < e i).
    { intros q j Hq Hj. specialize (He q Hq). apply abs_between in He. specialize (Hpos q Hq j Hj). lra. }
    assert (Hmu : dot d (X first) (U e) = mu) by (apply Hesup; [exact Hfirst|exact (Hepos first O Hfirst Hpf)]).
    assert (Heoff : forall q, (q < N)%nat -> position q s = None -> e q = 0).
    { intros q Hq Hnone. destruct (He0 q Hq) as [Hp|Hzq]; [|symmetry; exact Hzq].
      specialize (Hesup q Hq Hp). specialize (V2 q Hq Hnone). lra. }
    set (w := fun j => e (nth j s O)).
    assert (Hwe : forall q, (q < N)%nat -> point s w (fun _ => 0) q = e q).
    { intros q Hq. unfold point. destruct (position q s) as [j|] eqn:Ej.
      - destruct (position_some q s j Ej) as [_ E]. unfold w. rewrite E. reflexivity.
      - symmetry. apply Heoff; assumption. }
    assert (Hext := Ext (point s w (fun _ => 0)) e Hwe).
    assert (Hwin : in_box n m (fun _ => r) w).
    { intros j Hj. apply (He (nth j s O)). apply Hsup. exact Hj. }
    assert (Hwz : forall a, (a < n)%nat -> Heq w a = 0).
    { intros a Ha. unfold Heq, equations. destruct a as [|b].
      - rewrite (sum_ext N _ e Hwe), He1. ring.
      - rewrite (dot_ext d _ _ (U e) Hext), (dot_ext d (X (hd O s)) _ (U e) Hext). unfold s. cbn [tl hd]. rewrite Hmu.
        assert (Hb : (nth b others O < N)%nat) by (apply (Hsup (S b)); unfold s; simpl; unfold n in Ha; lia).
        rewrite (Hesup _ Hb); [ring|]. specialize (He _ Hb). apply abs_between in He.
        destruct (position (nth b others O) s) as [j|] eqn:Ej; [specialize (Hpos _ Hb j Ej); lra|].
        exfalso. assert (In : In (nth b others O) s) by (right; apply nth_In; unfold n in Ha; lia).
        clear - Ej In. induction s as [|a l IH]; [destruct In|]. simpl in Ej. destruct (Nat.eqb a (nth b others O)) eqn:E; [discriminate|].
        destruct In as [Ea|In]; [apply Nat.eqb_neq in E; congruence|]. apply IH; [|exact In].
        destruct (position (nth b others O) l); [discriminate|reflexivity]. }
    rewrite <- (Hwe i Hi). unfold c, point. destruct (position i s) as [j|] eqn:Ej; [|reflexivity].
    destruct (position_some i s j Ej) as [Hj _]. apply (Hone w Hwin Hwz j Hj).
Qed.
