(** Vectors, finite sums, norms.

    A vector is a function of its index, a matrix a function of row and column, and only the entries below the
    stated sizes count.  Coq sets x / 0 = 0 and sqrt x = 0 for x < 0; a theorem therefore asks that a quantity is
    positive wherever the claim divides by it. *)

From Coq Require Import Reals Lra Lia Arith List.
Open Scope R_scope.

(** The sum f 0 + ... + f (n - 1). *)
Fixpoint sum (n : nat) (f : nat -> R) : R :=
  match n with O => 0 | S m => sum m f + f m end.

(** x . w over d coordinates. *)
Definition dot (d : nat) (x w : nat -> R) : R := sum d (fun k => x k * w k).

(** The norms ||w||_1, ||w||_2 and ||w||_inf. *)
Definition l1 (d : nat) (w : nat -> R) : R := sum d (fun k => Rabs (w k)).
Definition l2 (d : nat) (w : nat -> R) : R := sqrt (dot d w w).
Fixpoint linf (d : nat) (w : nat -> R) : R :=
  match d with O => 0 | S m => Rmax (linf m w) (Rabs (w m)) end.

(** The vector X'c: the sum of the rows of X with weights c. *)
Definition combine (N : nat) (X : nat -> nat -> R) (c : nat -> R) : nat -> R :=
  fun k => sum N (fun i => c i * X i k).

(** The weights c lie in the simplex. *)
Definition simplex (N : nat) (c : nat -> R) : Prop :=
  (forall i, (i < N)%nat -> 0 <= c i) /\ sum N c = 1.

(** * Lengths and remainders *)

(* The library has these under names that are deprecated, or under names that its older versions lack. *)
Lemma length_map [A B : Type] (f : A -> B) l : length (map f l) = length l.
Proof. induction l as [|a l IH]; simpl; [|rewrite IH]; reflexivity. Qed.

Lemma length_seq n : forall start, length (seq start n) = n.
Proof. induction n as [|n IH]; intros start; simpl; [|rewrite IH]; reflexivity. Qed.

Lemma length_app [A : Type] (l m : list A) : length (l ++ m) = (length l + length m)%nat.
Proof. induction l as [|a l IH]; simpl; [|rewrite IH]; reflexivity. Qed.

Lemma length_firstn [A : Type] n : forall l : list A, length (firstn n l) = Nat.min n (length l).
Proof. induction n as [|n IH]; intros [|a l]; simpl; [| | |rewrite IH]; reflexivity. Qed.

Lemma length_skipn [A : Type] n : forall l : list A, length (skipn n l) = (length l - n)%nat.
Proof. induction n as [|n IH]; intros [|a l]; simpl; [| | |rewrite IH]; reflexivity. Qed.

Lemma add_mod_left N a b : (0 < N)%nat -> ((a mod N + b) mod N = (a + b) mod N)%nat.
Proof.
  intros HN. apply (Nat.mod_unique (a + b) N (a / N + (a mod N + b) / N)); [apply Nat.mod_upper_bound; lia|].
  pose proof (Nat.div_mod_eq a N). pose proof (Nat.div_mod_eq (a mod N + b) N). lia.
Qed.

Lemma div_below a b c : (a < b * c)%nat -> (a / b < c)%nat.
Proof. intros H. pose proof (Nat.div_mod_eq a b). nia. Qed.

(** * Sums *)

Lemma sum_ext n f g : (forall i, (i < n)%nat -> f i = g i) -> sum n f = sum n g.
Proof.
  induction n as [|n IH]; intros H; simpl; [reflexivity|].
  rewrite IH by (intros; apply H; lia). rewrite H by lia. reflexivity.
Qed.

Lemma sum_le n f g : (forall i, (i < n)%nat -> f i <= g i) -> sum n f <= sum n g.
Proof.
  induction n as [|n IH]; intros H; simpl; [lra|].
  apply Rplus_le_compat; [apply IH; intros; apply H; lia | apply H; lia].
Qed.

Lemma sum_plus n f g : sum n (fun i => f i + g i) = sum n f + sum n g.
Proof. induction n as [|n IH]; simpl; [lra | rewrite IH; lra]. Qed.

Lemma sum_minus n f g : sum n (fun i => f i - g i) = sum n f - sum n g.
Proof. induction n as [|n IH]; simpl; [lra | rewrite IH; lra]. Qed.

Lemma sum_scal n a f : sum n (fun i => a * f i) = a * sum n f.
Proof. induction n as [|n IH]; simpl; [lra | rewrite IH; lra]. Qed.

Lemma sum_scal_r n a f : sum n (fun i => f i * a) = sum n f * a.
Proof. induction n as [|n IH]; simpl; [lra | rewrite IH; lra]. Qed.

Lemma sum_const n a : sum n (fun _ => a) = INR n * a.
Proof. induction n as [|n IH]; [simpl; lra|]. rewrite S_INR. simpl sum. rewrite IH. lra. Qed.

Lemma sum_zero n f : (forall i, (i < n)%nat -> f i = 0) -> sum n f = 0.
Proof. intros H. rewrite (sum_ext n f (fun _ => 0) H), sum_const. lra. Qed.

Lemma sum_swap n m f : sum n (fun i => sum m (fun j => f i j)) = sum m (fun j => sum n (fun i => f i j)).
Proof.
  induction n as [|n IH]; simpl.
  - symmetry. apply sum_zero. reflexivity.
  - rewrite IH. symmetry. apply (sum_plus m).
Qed.

(** A sum with at most one term that is not 0. *)
Lemma sum_one n f j :
  (j < n)%nat -> (forall i, (i < n)%nat -> i <> j -> f i = 0) -> sum n f = f j.
Proof.
  induction n as [|n IH]; intros Hj H; [lia|]. simpl.
  destruct (Nat.eq_dec j n) as [->|Hne].
  - rewrite sum_zero; [lra|]. intros; apply H; lia.
  - rewrite IH; [|lia|intros; apply H; lia]. rewrite (H n); [lra|lia|lia].
Qed.

Lemma sum_nonneg n f : (forall i, (i < n)%nat -> 0 <= f i) -> 0 <= sum n f.
Proof.
  intros H. replace 0 with (sum n (fun _ => 0)); [exact (sum_le _ _ _ H)|]. apply sum_zero; reflexivity.
Qed.

(** One of several terms that are not negative is at most their sum. *)
Lemma sum_term n f j : (forall i, (i < n)%nat -> 0 <= f i) -> (j < n)%nat -> f j <= sum n f.
Proof.
  induction n as [|n IH]; intros H Hj; [lia|]. simpl.
  assert (0 <= f n) by (apply H; lia).
  assert (0 <= sum n f) by (apply sum_nonneg; intros; apply H; lia).
  destruct (Nat.eq_dec j n) as [->|]; [lra|].
  assert (f j <= sum n f) by (apply IH; [intros; apply H; lia | lia]). lra.
Qed.

Lemma sum_pos n f j : (forall i, (i < n)%nat -> 0 <= f i) -> (j < n)%nat -> 0 < f j -> 0 < sum n f.
Proof. intros H Hj Hp. pose proof (sum_term n f j H Hj). lra. Qed.

Lemma sum_eq_0 n f : (forall i, (i < n)%nat -> 0 <= f i) -> sum n f = 0 -> forall i, (i < n)%nat -> f i = 0.
Proof.
  intros H H0 i Hi. pose proof (sum_term n f i H Hi). pose proof (H i Hi). lra.
Qed.

Lemma sum_abs n f : Rabs (sum n f) <= sum n (fun i => Rabs (f i)).
Proof.
  induction n as [|n IH]; simpl; [rewrite Rabs_R0; lra|].
  eapply Rle_trans; [apply Rabs_triang|]. lra.
Qed.

Lemma sum_first n f : sum (S n) f = f O + sum n (fun i => f (S i)).
Proof. induction n as [|n IH]; [simpl; lra|]. change (sum (S n) f + f (S n) = f O + (sum n (fun i => f (S i)) + f (S n))). rewrite IH. lra. Qed.

(** Weights of the simplex and a bound on what they weigh. *)
Lemma simplex_ge N c f a :
  simplex N c -> (forall i, (i < N)%nat -> a <= f i) -> a <= sum N (fun i => c i * f i).
Proof.
  intros [Hc H1] H. replace a with (sum N (fun i => c i * a)) by (rewrite sum_scal_r, H1; lra).
  apply sum_le. intros i Hi. apply Rmult_le_compat_l; auto.
Qed.

Lemma simplex_pos N c : simplex N c -> exists i, (i < N)%nat /\ 0 < c i.
Proof.
  intros [Hc H1]. revert Hc H1. induction N as [|N IH]; simpl; intros Hc H1; [lra|].
  destruct (Rlt_dec 0 (c N)) as [Hp|Hn]; [exists N; split; [lia|exact Hp]|].
  assert (Hz : c N = 0) by (pose proof (Hc N ltac:(lia)); lra).
  destruct IH as [i [Hi Hp]]; [intros; apply Hc; lia|lra|]. exists i; split; [lia|exact Hp].
Qed.

(** A sum of the terms j, j < n, except the one at r, as a sum of all terms. *)
Lemma sum_update n f a j :
  (j < n)%nat -> sum n (fun i => if Nat.eqb i j then f i + a else f i) = sum n f + a.
Proof.
  intros Hj. transitivity (sum n (fun i => f i + (if Nat.eqb i j then a else 0))).
  - apply sum_ext. intros i _. destruct (Nat.eqb i j); lra.
  - rewrite sum_plus, (sum_one n (fun i => if Nat.eqb i j then a else 0) j Hj).
    + rewrite Nat.eqb_refl. reflexivity.
    + intros i _ Hne. rewrite (proj2 (Nat.eqb_neq i j) Hne). reflexivity.
Qed.

(** * Inner products and norms *)

Lemma dot_comm d x w : dot d x w = dot d w x.
Proof. apply sum_ext. intros; lra. Qed.

Lemma dot_plus_r d x u v : dot d x (fun k => u k + v k) = dot d x u + dot d x v.
Proof. unfold dot. rewrite <- sum_plus. apply sum_ext. intros; lra. Qed.

Lemma dot_minus_r d x u v : dot d x (fun k => u k - v k) = dot d x u - dot d x v.
Proof. unfold dot. rewrite <- sum_minus. apply sum_ext. intros; lra. Qed.

Lemma dot_scal_r d x a v : dot d x (fun k => a * v k) = a * dot d x v.
Proof. unfold dot. rewrite <- sum_scal. apply sum_ext. intros; lra. Qed.

Lemma dot_plus_l d x u v : dot d (fun k => u k + v k) x = dot d u x + dot d v x.
Proof. rewrite !(dot_comm d _ x). apply dot_plus_r. Qed.

Lemma dot_minus_l d x u v : dot d (fun k => u k - v k) x = dot d u x - dot d v x.
Proof. rewrite !(dot_comm d _ x). apply dot_minus_r. Qed.

Lemma dot_scal_l d x a v : dot d (fun k => a * v k) x = a * dot d v x.
Proof. rewrite !(dot_comm d _ x). apply dot_scal_r. Qed.

Lemma dot_ext d x u v : (forall k, (k < d)%nat -> u k = v k) -> dot d x u = dot d x v.
Proof. intros H. apply sum_ext. intros k Hk. rewrite (H k Hk). reflexivity. Qed.

Lemma dot_ext_l d x y v : (forall k, (k < d)%nat -> x k = y k) -> dot d x v = dot d y v.
Proof. intros H. apply sum_ext. intros k Hk. rewrite (H k Hk). reflexivity. Qed.

Lemma dot_self_nonneg d w : 0 <= dot d w w.
Proof. apply sum_nonneg. intros i _. pose proof (Rle_0_sqr (w i)) as H. exact H. Qed.

Lemma dot_self_0 d w : dot d w w = 0 -> forall k, (k < d)%nat -> w k = 0.
Proof.
  intros H k Hk.
  assert (w k * w k = 0).
  { apply (sum_eq_0 d (fun k => w k * w k)); [|exact H|exact Hk].
    intros i _. pose proof (Rle_0_sqr (w i)) as Q. exact Q. }
  nra.
Qed.

(** (X'c) . w = sum_i c_i (x_i . w). *)
Lemma dot_combine N d X c w : dot d (combine N X c) w = sum N (fun i => c i * dot d (X i) w).
Proof.
  unfold dot, combine. transitivity (sum d (fun k => sum N (fun i => c i * X i k * w k))).
  - apply sum_ext. intros k _. rewrite <- sum_scal_r. reflexivity.
  - rewrite sum_swap. apply sum_ext. intros i _. rewrite <- sum_scal. apply sum_ext. intros; lra.
Qed.

Lemma linf_nonneg d w : 0 <= linf d w.
Proof. induction d; simpl; [lra|]. eapply Rle_trans; [exact IHd|apply Rmax_l]. Qed.

Lemma linf_ge d w k : (k < d)%nat -> Rabs (w k) <= linf d w.
Proof.
  induction d; intros H; [lia|]. simpl. destruct (Nat.eq_dec k d) as [->|]; [apply Rmax_r|].
  eapply Rle_trans; [apply IHd; lia|apply Rmax_l].
Qed.

Lemma linf_le d w a : 0 <= a -> (forall k, (k < d)%nat -> Rabs (w k) <= a) -> linf d w <= a.
Proof.
  intros Ha. induction d; intros H; simpl; [exact Ha|].
  apply Rmax_lub; [apply IHd; intros; apply H; lia | apply H; lia].
Qed.

Lemma l1_nonneg d w : 0 <= l1 d w.
Proof. apply sum_nonneg. intros; apply Rabs_pos. Qed.

Lemma l2_nonneg d w : 0 <= l2 d w.
Proof. apply sqrt_pos. Qed.

Lemma l2_sqr d w : l2 d w * l2 d w = dot d w w.
Proof. apply sqrt_sqrt. apply dot_self_nonneg. Qed.

(** Hoelder's inequality for the pair l1, l_inf. *)
Lemma hoelder d x w : dot d x w <= l1 d x * linf d w.
Proof.
  unfold dot, l1. rewrite <- sum_scal_r. apply sum_le. intros k Hk.
  eapply Rle_trans; [apply Rle_abs|]. rewrite Rabs_mult.
  apply Rmult_le_compat_l; [apply Rabs_pos|apply linf_ge; exact Hk].
Qed.

(** The Cauchy-Schwarz inequality, squared and as it is mostly used. *)
Lemma cauchy_schwarz_sqr d x w : dot d x w * dot d x w <= dot d x x * dot d w w.
Proof.
  pose proof (dot_self_nonneg d w) as Hw. pose proof (dot_self_nonneg d x) as Hx.
  destruct (Req_dec (dot d w w) 0) as [H0|Hn].
  - assert (dot d x w = 0) as ->.
    { apply sum_zero. intros k Hk. rewrite (dot_self_0 d w H0 k Hk). lra. }
    rewrite H0. lra.
  - pose proof (dot_self_nonneg d (fun k => dot d w w * x k - dot d x w * w k)) as H.
    replace (dot d _ _) with
      (dot d w w * (dot d w w * dot d x x - dot d x w * dot d x w)) in H.
    + apply (Rmult_le_reg_l (dot d w w)); [lra|]. nra.
    + rewrite dot_minus_r, !dot_minus_l, !dot_scal_r, !dot_scal_l, (dot_comm d w x). ring.
Qed.

Lemma cauchy_schwarz d x w : dot d x w <= l2 d x * l2 d w.
Proof.
  destruct (Rle_dec (dot d x w) 0).
  - pose proof (l2_nonneg d x). pose proof (l2_nonneg d w). nra.
  - apply Rsqr_incr_0_var; [|apply Rmult_le_pos; apply l2_nonneg].
    unfold Rsqr. pose proof (cauchy_schwarz_sqr d x w). pose proof (l2_sqr d x). pose proof (l2_sqr d w).
    replace (l2 d x * l2 d w * (l2 d x * l2 d w)) with ((l2 d x * l2 d x) * (l2 d w * l2 d w)) by ring.
    rewrite H0, H1. exact H.
Qed.
