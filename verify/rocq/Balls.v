(** Balls of integers over a fixed power of two, with outward rounding; and expressions evaluated on them, with slopes.

    The ball (m, e) holds the real x if |2^p x - m| <= e.  A dual is a ball and a list of balls: it encloses a function
    f of n variables over a set of points if the ball holds all its values, and the list holds numbers s with f(v) -
    f(u) = sum_j s_j (v_j - u_j) for any two points v, u: slopes, so that no derivative is spoken of. *)

From Coq Require Import Reals Lra Lia Arith ZArith List Bool.
From Marginproof Require Import Base Checkers.
Import ListNotations.
Open Scope R_scope.

(** What rounding needs beside [numbers]; of [near_root] nothing is assumed, its results are checked by squares. *)
Record rounding (K : numbers) : Type := {
  opposite : carrier K -> carrier K;
  quotient : carrier K -> carrier K -> carrier K;
  shifted : carrier K -> carrier K -> carrier K;
  near_root : carrier K -> carrier K;
  value_opposite : forall a, value K (opposite a) = (- value K a)%Z;
  value_quotient : forall a b, (0 < value K b)%Z -> value K (quotient a b) = (value K a / value K b)%Z;
  value_shifted : forall a p, (0 <= value K p)%Z -> value K (shifted a p) = (value K a / 2 ^ value K p)%Z }.
Arguments opposite {K} _ _.
Arguments quotient {K} _ _ _.
Arguments shifted {K} _ _ _.
Arguments near_root {K} _ _.

(** The numbers, p and 2^p. *)
Record precision : Type := {
  over : numbers;
  round : rounding over;
  exponent : carrier over;
  unit : carrier over;
  exponent_positive : (0 <= value over exponent)%Z;
  unit_value : value over unit = (2 ^ value over exponent)%Z }.

Definition ball (P : precision) : Type := (carrier (over P) * carrier (over P))%type.
Definition real (P : precision) (a : carrier (over P)) : R := IZR (value (over P) a).
Definition holds (P : precision) (b : ball P) (x : R) : Prop := Rabs (x * real P (unit P) - real P (fst b)) <= real P (snd b).

(** ** Operations *)

Definition add (P : precision) (a b : carrier (over P)) : carrier (over P) := plus (over P) a b.
Definition sub (P : precision) (a b : carrier (over P)) : carrier (over P) := plus (over P) a (opposite (round P) b).
Definition mul (P : precision) (a b : carrier (over P)) : carrier (over P) := mult (over P) a b.
Definition size (P : precision) (a : carrier (over P)) : carrier (over P) := absolute (over P) a.
Definition one_in (P : precision) : carrier (over P) := one_of (over P).
Definition nothing (P : precision) : ball P := (zero (over P), zero (over P)).
Definition is_nothing (P : precision) (b : ball P) : bool := vanishes (over P) (fst b) && vanishes (over P) (snd b).

Definition ball_add (P : precision) (a b : ball P) : ball P := (add P (fst a) (fst b), add P (snd a) (snd b)).
Definition ball_opposite (P : precision) (a : ball P) : ball P := (opposite (round P) (fst a), snd a).
Definition ball_mul (P : precision) (a b : ball P) : ball P :=
  if is_nothing P a then nothing P else if is_nothing P b then nothing P else
  (shifted (round P) (mul P (fst a) (fst b)) (exponent P),
   add P (shifted (round P) (add P (mul P (size P (fst a)) (snd b)) (mul P (add P (size P (fst b)) (snd b)) (snd a))) (exponent P))
       (add P (one_in P) (one_in P))).
Definition ball_ratio (P : precision) (a b : carrier (over P)) : option (ball P) :=
  if positive (over P) b then Some (quotient (round P) (mul P a (unit P)) b, one_in P) else None.
Definition ball_inverse (P : precision) (a : ball P) : option (ball P) :=
  let m := fst a in let e := snd a in let room := sub P (size P m) e in
  if at_most (over P) (zero (over P)) e && positive (over P) room then
    let uu := mul P (unit P) (unit P) in
    let v := if positive (over P) m then quotient (round P) uu m
             else opposite (round P) (quotient (round P) uu (opposite (round P) m)) in
    Some (v, add P (quotient (round P) (add P (size P (sub P uu (mul P v m))) (mul P (size P v) e)) room) (one_in P))
  else None.
Definition root_below (P : precision) (a : carrier (over P)) : carrier (over P) :=
  let lo := near_root (round P) a in if at_most (over P) (mul P lo lo) a then lo else zero (over P).
Definition ball_root (P : precision) (a : ball P) : option (ball P) :=
  let m := fst a in let e := snd a in let mu := mul P m (unit P) in let v := near_root (round P) mu in
  let room := add P v (root_below P (mul P (sub P m e) (unit P))) in
  if at_most (over P) e m && positive (over P) room then
    Some (v, add P (quotient (round P) (add P (size P (sub P mu (mul P v v))) (mul P e (unit P))) room) (one_in P))
  else None.

(** ** What they hold *)

Lemma real_add P a b : real P (add P a b) = real P a + real P b.
Proof. unfold real, add. rewrite value_plus. apply plus_IZR. Qed.
Lemma real_mul P a b : real P (mul P a b) = real P a * real P b.
Proof. unfold real, mul. rewrite value_mult. apply mult_IZR. Qed.
Lemma real_opposite P a : real P (opposite (round P) a) = - real P a.
Proof. unfold real. rewrite value_opposite. apply opp_IZR. Qed.
Lemma real_sub P a b : real P (sub P a b) = real P a - real P b.
Proof. unfold sub. change (plus (over P) a) with (add P a). rewrite real_add, real_opposite. ring. Qed.
Lemma real_size P a : real P (size P a) = Rabs (real P a).
Proof. unfold real, size. rewrite value_absolute. apply abs_IZR. Qed.
Lemma real_zero P : real P (zero (over P)) = 0.
Proof. unfold real. rewrite value_zero. reflexivity. Qed.
Lemma real_one P : real P (one_in P) = 1.
Proof. unfold real, one_in. rewrite value_one. reflexivity. Qed.
Lemma real_positive P a : positive (over P) a = true -> 0 < real P a.
Proof. apply positive_value. Qed.
Lemma real_at_most P a b : at_most (over P) a b = true -> real P a <= real P b.
Proof. apply at_most_value. Qed.
Lemma real_vanishes P a : vanishes (over P) a = true -> real P a = 0.
Proof. intros H. unfold real. rewrite (vanishes_value _ _ H). reflexivity. Qed.

Lemma unit_positive P : 0 < real P (unit P).
Proof.
  unfold real. rewrite unit_value. apply IZR_lt. apply Z.pow_pos_nonneg; [reflexivity|apply exponent_positive].
Qed.

(** A quotient is at most 1 less than the real one. *)
Lemma floor_spec a b : (0 < b)%Z -> IZR (a / b) <= IZR a / IZR b < IZR (a / b) + 1.
Proof.
  intros Hb. assert (Hr : 0 < IZR b) by (apply IZR_lt; exact Hb).
  pose proof (Z.mul_div_le a b Hb) as L. pose proof (Z.mul_succ_div_gt a b Hb) as G.
  apply IZR_le in L. apply IZR_lt in G. rewrite mult_IZR in L, G. rewrite succ_IZR in G.
  split; [apply (Rmult_le_reg_r (IZR b))|apply (Rmult_lt_reg_r (IZR b))]; try exact Hr;
    unfold Rdiv; rewrite (Rmult_assoc (IZR a)), Rinv_l, Rmult_1_r by lra; lra.
Qed.
Lemma real_quotient P a b : 0 < real P b ->
  real P (quotient (round P) a b) <= real P a / real P b < real P (quotient (round P) a b) + 1.
Proof.
  intros Hb. unfold real in *. apply lt_IZR in Hb. rewrite value_quotient by exact Hb. apply floor_spec. exact Hb.
Qed.
Lemma real_shifted P a :
  real P (shifted (round P) a (exponent P)) <= real P a / real P (unit P) < real P (shifted (round P) a (exponent P)) + 1.
Proof.
  pose proof (unit_positive P) as Hu. unfold real in *. rewrite value_shifted by apply exponent_positive.
  rewrite <- unit_value. apply floor_spec. apply lt_IZR. exact Hu.
Qed.

Lemma abs_between x a : Rabs x <= a -> - a <= x <= a.
Proof. intros H. pose proof (Rle_abs x). pose proof (Rle_abs (- x)). rewrite Rabs_Ropp in *. lra. Qed.

Lemma holds_nothing P : holds P (nothing P) 0.
Proof. unfold holds, nothing. cbn [fst snd]. rewrite real_zero, Rmult_0_l, Rminus_0_r, Rabs_R0. lra. Qed.

Lemma holds_nothing_only P b x : is_nothing P b = true -> holds P b x -> x = 0.
Proof.
  intros H Hx. apply andb_true_iff in H. destruct H as [H1 H2]. unfold holds in Hx.
  rewrite (real_vanishes P _ H1), (real_vanishes P _ H2), Rminus_0_r in Hx.
  pose proof (unit_positive P) as Hu. destruct (Req_dec x 0) as [|Hn]; [assumption|exfalso].
  assert (0 < Rabs (x * real P (unit P))) by (apply Rabs_pos_lt, Rmult_integral_contrapositive_currified; lra). lra.
Qed.

Lemma only_0 P x : holds P (nothing P) x -> x = 0.
Proof.
  apply holds_nothing_only. unfold is_nothing, nothing, vanishes. cbn [fst snd].
  rewrite value_at_most, value_absolute, value_zero. reflexivity.
Qed.

Lemma holds_add P a b x y : holds P a x -> holds P b y -> holds P (ball_add P a b) (x + y).
Proof.
  unfold holds, ball_add. cbn [fst snd]. rewrite !real_add. intros Hx Hy.
  replace ((x + y) * real P (unit P) - (real P (fst a) + real P (fst b)))
    with ((x * real P (unit P) - real P (fst a)) + (y * real P (unit P) - real P (fst b))) by ring.
  eapply Rle_trans; [apply Rabs_triang|]. lra.
Qed.

Lemma holds_opposite P a x : holds P a x -> holds P (ball_opposite P a) (- x).
Proof.
  unfold holds, ball_opposite. cbn [fst snd]. rewrite real_opposite. intros H.
  replace (- x * real P (unit P) - - real P (fst a)) with (- (x * real P (unit P) - real P (fst a))) by ring.
  rewrite Rabs_Ropp. exact H.
Qed.

Lemma holds_mul P a b x y : holds P a x -> holds P b y -> holds P (ball_mul P a b) (x * y).
Proof.
  intros Hx Hy. unfold ball_mul.
  destruct (is_nothing P a) eqn:Ea; [rewrite (holds_nothing_only P a x Ea Hx), Rmult_0_l; apply holds_nothing|].
  destruct (is_nothing P b) eqn:Eb; [rewrite (holds_nothing_only P b y Eb Hy), Rmult_0_r; apply holds_nothing|].
  unfold holds in *. cbn [fst snd]. rewrite !real_add, real_one.
  set (u := real P (unit P)) in *. assert (Hu : 0 < u) by apply unit_positive.
  pose proof (real_shifted P (mul P (fst a) (fst b))) as S1.
  pose proof (real_shifted P (add P (mul P (size P (fst a)) (snd b)) (mul P (add P (size P (fst b)) (snd b)) (snd a)))) as S2.
  rewrite real_add, !real_mul, real_add, !real_size in S2. rewrite real_mul in S1. fold u in S1, S2.
  set (q := real P (shifted (round P) (mul P (fst a) (fst b)) (exponent P))) in *.
  set (e := real P (shifted _ _ _)) in S2 |- *.
  set (m1 := real P (fst a)) in *. set (m2 := real P (fst b)) in *.
  set (e1 := real P (snd a)) in *. set (e2 := real P (snd b)) in *.
  set (d1 := x * u - m1) in *. set (d2 := y * u - m2) in *.
  assert (E : x * y * u - q = (m1 * m2 / u - q) + (m1 * d2 + (m2 + d2) * d1) / u) by (unfold d1, d2; field; lra).
  assert (B : Rabs (m1 * d2 + (m2 + d2) * d1) <= Rabs m1 * e2 + (Rabs m2 + e2) * e1).
  { eapply Rle_trans; [apply Rabs_triang|]. rewrite !Rabs_mult. apply Rplus_le_compat.
    - apply Rmult_le_compat_l; [apply Rabs_pos|exact Hy].
    - apply Rmult_le_compat; try apply Rabs_pos; [|exact Hx]. eapply Rle_trans; [apply Rabs_triang|]. lra. }
  assert (D : Rabs ((m1 * d2 + (m2 + d2) * d1) / u) <= (Rabs m1 * e2 + (Rabs m2 + e2) * e1) / u).
  { rewrite abs_div by exact Hu. apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat; exact Hu|exact B]. }
  rewrite E. eapply Rle_trans; [apply Rabs_triang|].
  assert (Rabs (m1 * m2 / u - q) <= 1) by (apply Rabs_le; lra). lra.
Qed.

Lemma holds_ratio P a b c : ball_ratio P a b = Some c -> holds P c (real P a / real P b).
Proof.
  unfold ball_ratio. destruct (positive (over P) b) eqn:E; [|discriminate]. intros H. injection H as <-.
  apply real_positive in E. unfold holds. cbn [fst snd].
  pose proof (real_quotient P (mul P a (unit P)) b E) as Q. rewrite real_mul in Q. rewrite real_one.
  replace (real P a / real P b * real P (unit P)) with (real P a * real P (unit P) / real P b) by (field; lra).
  apply Rabs_le. lra.
Qed.

Lemma holds_inverse P a b x : ball_inverse P a = Some b -> holds P a x -> x <> 0 /\ holds P b (/ x).
Proof.
  unfold ball_inverse. destruct (_ && _) eqn:E; [|discriminate]. apply andb_true_iff in E. destruct E as [E0 E].
  apply real_at_most in E0. rewrite real_zero in E0.
  apply real_positive in E. rewrite real_sub, real_size in E. intros H Hx. injection H as <-.
  set (v := if positive (over P) (fst a) then _ else _). unfold holds in *. cbn [fst snd]. rewrite real_add, real_one.
  set (num := add P (size P (sub P (mul P (unit P) (unit P)) (mul P v (fst a)))) (mul P (size P v) (snd a))).
  assert (Eroom : 0 < real P (sub P (size P (fst a)) (snd a))) by (rewrite real_sub, real_size; exact E).
  pose proof (real_quotient P num (sub P (size P (fst a)) (snd a)) Eroom) as Q.
  set (z := real P (quotient (round P) num (sub P (size P (fst a)) (snd a)))) in *.
  unfold num in Q. rewrite real_add, real_mul, !real_size, real_sub, !real_mul, real_sub, real_size in Q.
  set (u := real P (unit P)) in *. assert (Hu : 0 < u) by apply unit_positive.
  set (m := real P (fst a)) in *. set (e := real P (snd a)) in *. set (w := real P v) in *.
  set (d := x * u - m) in *. assert (Ex : x * u = m + d) by (unfold d; ring).
  assert (Hroom : Rabs m - e <= Rabs (m + d)).
  { pose proof (Rabs_triang (m + d) (- d)) as T. replace (m + d + - d) with m in T by ring. rewrite Rabs_Ropp in T. lra. }
  assert (Hne : m + d <> 0) by (intros Z; rewrite Z, Rabs_R0 in Hroom; lra).
  assert (Hx0 : x <> 0) by (intros Z; rewrite Z, Rmult_0_l in Ex; lra).
  split; [exact Hx0|].
  assert (Ei : / x * u - w = (u * u - w * m - w * d) / (m + d)).
  { rewrite <- Ex. replace d with (x * u - m) by (unfold d; ring). field. split; lra. }
  rewrite Ei. unfold Rdiv at 1. rewrite Rabs_mult, Rabs_inv.
  assert (Hn : Rabs (u * u - w * m - w * d) <= Rabs (u * u - w * m) + Rabs w * e).
  { unfold Rminus at 1. eapply Rle_trans; [apply Rabs_triang|]. rewrite Rabs_Ropp, Rabs_mult.
    apply Rplus_le_compat_l, Rmult_le_compat_l; [apply Rabs_pos|exact Hx]. }
  assert (Hpos : 0 < Rabs (m + d)) by lra.
  apply Rle_trans with ((Rabs (u * u - w * m) + Rabs w * e) / (Rabs m - e)); [|lra].
  apply Rmult_le_compat; [apply Rabs_pos|left; apply Rinv_0_lt_compat; exact Hpos|exact Hn|].
  apply Rinv_le_contravar; [exact E|exact Hroom].
Qed.

Lemma root_below_spec P a y : real P a <= y * y -> 0 <= y -> real P (root_below P a) <= y.
Proof.
  intros Hy H0. unfold root_below. cbv zeta. destruct (at_most _ _ _) eqn:E; [|rewrite real_zero; exact H0].
  apply real_at_most in E. rewrite real_mul in E. destruct (Rle_dec (real P (near_root (round P) a)) y) as [|Hn]; [assumption|nra].
Qed.

Lemma holds_root P a b x : ball_root P a = Some b -> holds P a x -> holds P b (sqrt x).
Proof.
  unfold ball_root. cbv zeta. destruct (_ && _) eqn:E; [|discriminate]. apply andb_true_iff in E. destruct E as [E0 E].
  apply real_at_most in E0. apply real_positive in E. intros H Hx. injection H as <-.
  set (v := near_root _ (mul P (fst a) (unit P))) in *. set (lo := root_below P _) in *. unfold holds in *. cbn [fst snd].
  rewrite real_add, real_one.
  set (num := add P (size P (sub P (mul P (fst a) (unit P)) (mul P v v))) (mul P (snd a) (unit P))).
  pose proof (real_quotient P num (add P v lo) E) as Q. set (z := real P (quotient (round P) num (add P v lo))) in *.
  unfold num in Q. rewrite real_add, real_mul, real_size, real_sub, !real_mul, real_add in Q. rewrite real_add in E.
  pose proof (unit_positive P) as Hu.
  assert (Hx0 : 0 <= x).
  { apply (Rmult_le_reg_r (real P (unit P))); [exact Hu|]. apply abs_between in Hx. lra. }
  assert (Hsu : 0 <= sqrt x * real P (unit P)) by (apply Rmult_le_pos; [apply sqrt_pos|lra]).
  assert (Hs : sqrt x * real P (unit P) * (sqrt x * real P (unit P)) = x * real P (unit P) * real P (unit P)).
  { replace (sqrt x * real P (unit P) * (sqrt x * real P (unit P))) with (sqrt x * sqrt x * real P (unit P) * real P (unit P)) by ring.
    rewrite sqrt_sqrt by exact Hx0. reflexivity. }
  assert (Hlo : real P lo <= sqrt x * real P (unit P)).
  { apply root_below_spec; [|exact Hsu]. rewrite Hs, real_mul, real_sub. apply Rmult_le_compat_r; [lra|].
    apply abs_between in Hx. lra. }
  set (u := real P (unit P)) in *.
  set (m := real P (fst a)) in *. set (e := real P (snd a)) in *. set (w := real P v) in *. set (l := real P lo) in *.
  assert (Ei : sqrt x * u - w = (x * u * u - w * w) / (sqrt x * u + w)) by (rewrite <- Hs; field; lra).
  rewrite Ei. rewrite abs_div by lra.
  assert (Hn : Rabs (x * u * u - w * w) <= Rabs (m * u - w * w) + e * u).
  { replace (x * u * u - w * w) with ((m * u - w * w) + (x * u - m) * u) by ring.
    eapply Rle_trans; [apply Rabs_triang|]. rewrite (Rabs_mult (x * u - m)), (Rabs_right u) by lra.
    apply Rplus_le_compat_l, Rmult_le_compat_r; [lra|exact Hx]. }
  apply Rle_trans with ((Rabs (m * u - w * w) + e * u) / (w + l)); [|lra].
  apply Rmult_le_compat; [apply Rabs_pos|left; apply Rinv_0_lt_compat; lra|exact Hn|].
  apply Rinv_le_contravar; [exact E|lra].
Qed.

(** ** Duals *)

Definition dual (P : precision) : Type := (ball P * list (ball P))%type.
Definition slope_at (P : precision) (D : dual P) (j : nat) : ball P := nth j (snd D) (nothing P).

(** The dual encloses f over the points, n variables. *)
Definition encloses (P : precision) (n : nat) (points : (nat -> R) -> Prop) (D : dual P) (f : (nat -> R) -> R) : Prop :=
  (forall v, points v -> holds P (fst D) (f v)) /\
  (forall v u, points v -> points u -> exists s : nat -> R,
     (forall j, holds P (slope_at P D j) (s j)) /\ f v - f u = sum n (fun j => s j * (v j - u j))).

Fixpoint slopes_add (P : precision) (a b : list (ball P)) : list (ball P) :=
  match a, b with x :: a, y :: b => ball_add P x y :: slopes_add P a b | [], b => b | a, [] => a end.
Definition slopes_scale (P : precision) (x : ball P) (a : list (ball P)) : list (ball P) := map (ball_mul P x) a.

Definition dual_constant (P : precision) (x : ball P) : dual P := (x, []).
Definition dual_add (P : precision) (a b : dual P) : dual P := (ball_add P (fst a) (fst b), slopes_add P (snd a) (snd b)).
Definition dual_mul (P : precision) (a b : dual P) : dual P :=
  (ball_mul P (fst a) (fst b), slopes_add P (slopes_scale P (fst a) (snd b)) (slopes_scale P (fst b) (snd a))).
Definition dual_inverse (P : precision) (a : dual P) : option (dual P) :=
  match ball_inverse P (fst a) with
  | Some b => Some (b, slopes_scale P (ball_opposite P (ball_mul P b b)) (snd a))
  | None => None
  end.
Definition dual_root (P : precision) (a : dual P) : option (dual P) :=
  if is_nothing P (fst a) then Some (dual_constant P (nothing P)) else
  match ball_root P (fst a) with
  | Some b => match ball_inverse P (ball_add P b b) with
              | Some half => Some (b, slopes_scale P half (snd a))
              | None => None
              end
  | None => None
  end.

Lemma nth_of_none P j : nth j [] (nothing P) = nothing P.
Proof. destruct j; reflexivity. Qed.

Lemma slopes_add_nth P : forall a b j x y,
  holds P (nth j a (nothing P)) x -> holds P (nth j b (nothing P)) y ->
  holds P (nth j (slopes_add P a b) (nothing P)) (x + y).
Proof.
  induction a as [|a0 a IH]; intros [|b0 b] j x y Hx Hy.
  - rewrite nth_of_none in Hx, Hy. rewrite (only_0 P x Hx), (only_0 P y Hy), Rplus_0_r.
    change (slopes_add P [] []) with (@nil (ball P)). rewrite nth_of_none. apply holds_nothing.
  - rewrite nth_of_none in Hx. rewrite (only_0 P x Hx), Rplus_0_l. exact Hy.
  - rewrite nth_of_none in Hy. rewrite (only_0 P y Hy), Rplus_0_r. exact Hx.
  - destruct j as [|j]; [apply holds_add; assumption|]. apply (IH b j); assumption.
Qed.

Lemma slopes_scale_nth P x a j c s :
  holds P x c -> holds P (nth j a (nothing P)) s -> holds P (nth j (slopes_scale P x a) (nothing P)) (c * s).
Proof.
  intros Hc Hs. unfold slopes_scale. destruct (le_lt_dec (length a) j) as [Hle|Hlt].
  - rewrite nth_overflow in Hs by exact Hle. rewrite nth_overflow by (rewrite length_map; exact Hle).
    rewrite (only_0 P s Hs), Rmult_0_r. apply holds_nothing.
  - rewrite (nth_indep _ _ (ball_mul P x (nothing P))) by (rewrite length_map; exact Hlt).
    rewrite map_nth. apply holds_mul; assumption.
Qed.

Lemma encloses_constant P n points b c : holds P b c -> encloses P n points (dual_constant P b) (fun _ => c).
Proof.
  intros H. split; [intros; exact H|]. intros v u _ _. exists (fun _ => 0). split.
  - intros j. unfold slope_at, dual_constant. cbn [snd]. destruct j; apply holds_nothing.
  - rewrite sum_zero by (intros; ring). ring.
Qed.

Lemma encloses_add P n points A B f g : encloses P n points A f -> encloses P n points B g ->
  encloses P n points (dual_add P A B) (fun v => f v + g v).
Proof.
  intros [HA SA] [HB SB]. split; [intros v Hv; apply holds_add; auto|].
  intros v u Hv Hu. destruct (SA v u Hv Hu) as [s [Hs Es]]. destruct (SB v u Hv Hu) as [t [Ht Et]].
  exists (fun j => s j + t j). split; [intros j; apply slopes_add_nth; [apply Hs|apply Ht]|].
  replace (f v + g v - (f u + g u)) with ((f v - f u) + (g v - g u)) by ring.
  rewrite Es, Et, <- sum_plus. apply sum_ext. intros; ring.
Qed.

Lemma encloses_mul P n points A B f g : encloses P n points A f -> encloses P n points B g ->
  encloses P n points (dual_mul P A B) (fun v => f v * g v).
Proof.
  intros [HA SA] [HB SB]. split; [intros v Hv; apply holds_mul; auto|].
  intros v u Hv Hu. destruct (SA v u Hv Hu) as [s [Hs Es]]. destruct (SB v u Hv Hu) as [t [Ht Et]].
  exists (fun j => f v * t j + g u * s j). split.
  - intros j. apply slopes_add_nth; apply slopes_scale_nth; auto; [apply Ht|apply Hs].
  - replace (f v * g v - f u * g u) with (f v * (g v - g u) + g u * (f v - f u)) by ring.
    rewrite Es, Et, <- !sum_scal, <- sum_plus. apply sum_ext. intros; ring.
Qed.

Lemma encloses_inverse P n points A D f : dual_inverse P A = Some D -> encloses P n points A f ->
  encloses P n points D (fun v => / f v).
Proof.
  unfold dual_inverse. destruct (ball_inverse P (fst A)) as [b|] eqn:E; [|discriminate]. intros H [HA SA]. injection H as <-.
  split; [intros v Hv; exact (proj2 (holds_inverse P _ _ _ E (HA v Hv)))|].
  intros v u Hv Hu. destruct (SA v u Hv Hu) as [s [Hs Es]].
  destruct (holds_inverse P _ _ _ E (HA v Hv)) as [Nv Iv]. destruct (holds_inverse P _ _ _ E (HA u Hu)) as [Nu Iu].
  exists (fun j => - (/ f v * / f u) * s j). split.
  - intros j. apply slopes_scale_nth; [|apply Hs]. apply holds_opposite, holds_mul; assumption.
  - replace (/ f v - / f u) with (- (/ f v * / f u) * (f v - f u)) by (field; split; assumption).
    rewrite Es, <- sum_scal. apply sum_ext. intros; ring.
Qed.

Lemma root_room P a b x : ball_root P a = Some b -> holds P a x -> 0 <= x.
Proof.
  unfold ball_root. cbv zeta. destruct (_ && _) eqn:E; [|discriminate]. apply andb_true_iff in E. destruct E as [E0 _].
  apply real_at_most in E0. intros _ Hx. unfold holds in Hx. pose proof (unit_positive P).
  apply (Rmult_le_reg_r (real P (unit P))); [assumption|]. apply abs_between in Hx. lra.
Qed.

Lemma encloses_root P n points A D f : dual_root P A = Some D -> encloses P n points A f ->
  encloses P n points D (fun v => sqrt (f v)).
Proof.
  unfold dual_root. destruct (is_nothing P (fst A)) eqn:E0.
  { intros H [HA _]. injection H as <-.
    assert (Z : forall v, points v -> sqrt (f v) = 0) by (intros v Hv; rewrite (holds_nothing_only P _ _ E0 (HA v Hv)); apply sqrt_0).
    destruct (encloses_constant P n points (nothing P) 0 (holds_nothing P)) as [C1 C2].
    split; [intros v Hv; rewrite (Z v Hv); exact (C1 v Hv)|]. intros v u Hv Hu. rewrite (Z v Hv), (Z u Hu). exact (C2 v u Hv Hu). }
  destruct (ball_root P (fst A)) as [b|] eqn:E; [|discriminate].
  destruct (ball_inverse P (ball_add P b b)) as [half|] eqn:Ei; [|discriminate]. intros H [HA SA]. injection H as <-.
  split; [intros v Hv; exact (holds_root P _ _ _ E (HA v Hv))|].
  intros v u Hv Hu. destruct (SA v u Hv Hu) as [s [Hs Es]].
  pose proof (holds_root P _ _ _ E (HA v Hv)) as Rv. pose proof (holds_root P _ _ _ E (HA u Hu)) as Ru.
  destruct (holds_inverse P _ _ _ Ei (holds_add P _ _ _ _ Rv Ru)) as [N I].
  exists (fun j => / (sqrt (f v) + sqrt (f u)) * s j). split; [intros j; apply slopes_scale_nth; [exact I|apply Hs]|].
  pose proof (sqrt_sqrt _ (root_room P _ _ _ E (HA v Hv))) as Qv. pose proof (sqrt_sqrt _ (root_room P _ _ _ E (HA u Hu))) as Qu.
  rewrite (sum_ext n _ (fun j => / (sqrt (f v) + sqrt (f u)) * (s j * (v j - u j)))) by (intros; ring).
  rewrite sum_scal, <- Es. set (a := sqrt (f v)) in *. set (b' := sqrt (f u)) in *.
  replace (f v - f u) with (a * a - b' * b') by lra. field. exact N.
Qed.

(** ** Expressions *)

Inductive expression (K : numbers) : Type :=
  | Ratio (a b : carrier K)
  | Unknown (i : nat)
  | Plus (f g : expression K)
  | Times (f g : expression K)
  | Inverse (f : expression K)
  | Root (f : expression K).
Arguments Ratio {K} _ _.
Arguments Unknown {K} _.
Arguments Plus {K} _ _.
Arguments Times {K} _ _.
Arguments Inverse {K} _.
Arguments Root {K} _.

(** The real number that an expression is, where the variables are c. *)
Fixpoint meaning (K : numbers) (c : nat -> R) (f : expression K) : R :=
  match f with
  | Ratio a b => IZR (value K a) / IZR (value K b)
  | Unknown i => c i
  | Plus f g => meaning K c f + meaning K c g
  | Times f g => meaning K c f * meaning K c g
  | Inverse f => / meaning K c f
  | Root f => sqrt (meaning K c f)
  end.

Definition on_both {A B C : Type} (op : A -> B -> C) (a : option A) (b : option B) : option C :=
  match a, b with Some x, Some y => Some (op x y) | _, _ => None end.
Definition then_ {A : Type} (op : A -> option A) (a : option A) : option A :=
  match a with Some x => op x | None => None end.

(** The dual of an expression, from those of the variables; None where a divisor may be 0 or a root's argument
    negative. *)
Fixpoint evaluate (P : precision) (env : list (dual P)) (f : expression (over P)) : option (dual P) :=
  match f with
  | Ratio a b => option_map (dual_constant P) (ball_ratio P a b)
  | Unknown i => nth_error env i
  | Plus f g => on_both (dual_add P) (evaluate P env f) (evaluate P env g)
  | Times f g => on_both (dual_mul P) (evaluate P env f) (evaluate P env g)
  | Inverse f => then_ (dual_inverse P) (evaluate P env f)
  | Root f => then_ (dual_root P) (evaluate P env f)
  end.

(** Claims: none.
    The interval evaluator: where duals enclose the variables, the dual of an expression encloses its value, whatever
    sums, products, inverses and square roots it is made of: at every point the value lies in the ball, and between any
    two points the value changes by slopes in the dual. *)
Theorem evaluate_sound :
  forall P n points env c f D,
    (forall i E, nth_error env i = Some E -> encloses P n points E (fun v => c v i)) ->
    evaluate P env f = Some D ->
    encloses P n points D (fun v => meaning (over P) (c v) f).
Proof.
  intros P n points env c f D Henv. revert D.
  induction f as [a b|i|f IHf g IHg|f IHf g IHg|f IHf|f IHf]; simpl evaluate; simpl meaning; intros D H.
  - destruct (ball_ratio P a b) as [x|] eqn:E; [|discriminate]. injection H as <-.
    apply encloses_constant. exact (holds_ratio P a b x E).
  - apply Henv. exact H.
  - destruct (evaluate P env f) as [x|]; [|discriminate]. destruct (evaluate P env g) as [y|]; [|discriminate].
    injection H as <-. apply encloses_add; auto.
  - destruct (evaluate P env f) as [x|]; [|discriminate]. destruct (evaluate P env g) as [y|]; [|discriminate].
    injection H as <-. apply encloses_mul; auto.
  - destruct (evaluate P env f) as [x|]; [|discriminate]. exact (encloses_inverse P n points x D _ H (IHf x eq_refl)).
  - destruct (evaluate P env f) as [x|]; [|discriminate]. exact (encloses_root P n points x D _ H (IHf x eq_refl)).
Qed.
